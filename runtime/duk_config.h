/*
 * Our options for Duktape 2.7.0 on top of Debian's configuration.  Included before
 * duktape.h everywhere (runtime/engine.h): its guard then keeps the stock one out.
 *
 * The stock library cannot be stopped: no deadline, no limit of the C stack, and one
 * regular expression takes seconds or the whole process.  The hooks below ask the guard
 * (runtime/guard.c) from everywhere the engine spends time: bytecode, native calls,
 * comparing and copying memory; the allocator is ours anyway (runtime/region.c).  All of
 * it is configuration; Debian's source is compiled as it is.
 */
#ifndef RUNTIME_DUK_CONFIG_H
#define RUNTIME_DUK_CONFIG_H

#include <stddef.h>
#include <string.h>

#include <duk_config.h>

#include "runtime/math_random.h"

/* --- limits --- */

/*
 * Units of work until the clock is read; one is some ten nanoseconds.  The thread's guard
 * counts it down here so that a check costs one decrement.
 */
extern __thread int	 guard_credit;
extern __thread char	*guard_stack_end;
/* Reads the clock; does not return if the run on this thread is over. */
void			 guard_check(void);
/* The same from the bytecode interpreter. */
void			 guard_check_bytecode(void);
/* For large pieces of memory: n bytes are worth this much credit. */
#define GUARD_BYTES_SHIFT 8

static inline void
guard_spend(size_t n)
{
	guard_credit -= 1 + (int)(n >> GUARD_BYTES_SHIFT);
	if (__builtin_expect(guard_credit <= 0, 0))
		guard_check();
}

/* Is the C stack used up?  Called where the engine recurses, which is often. */
static inline int
guard_stack_full(void)
{
	guard_spend(0);
	return (char *)__builtin_frame_address(0) < guard_stack_end;
}

#undef DUK_USE_INTERRUPT_COUNTER
#define DUK_USE_INTERRUPT_COUNTER
#undef DUK_USE_EXEC_TIMEOUT_CHECK
#define DUK_USE_EXEC_TIMEOUT_CHECK(udata) (guard_check_bytecode(), 0)
#undef DUK_USE_NATIVE_STACK_CHECK
#define DUK_USE_NATIVE_STACK_CHECK() guard_stack_full()
/* The compiler recurses without that check: 340 KiB at most with this depth, and a garbage
 * collection on top of it 320.  Both fit into what guard.c keeps free (STACK_RESERVE). */
#undef DUK_USE_COMPILER_RECLIMIT
#define DUK_USE_COMPILER_RECLIMIT 1000
#undef DUK_USE_REGEXP_COMPILER_RECLIMIT
#define DUK_USE_REGEXP_COMPILER_RECLIMIT 2000

/*
 * String searches compare at every position, and a few built-ins do little else than move
 * memory: both would run for seconds between two other checks.  Sizes that the compiler
 * knows are small and cost nothing.
 */
#ifdef DUK_COMPILING_DUKTAPE

#define GUARD_COMPARE_STEP 256

static inline int
guard_compare(const void *a, const void *b, size_t n)
{
	const char *p = a, *q = b;
	int diff;

	guard_spend(0);
	while (n > GUARD_COMPARE_STEP) {
		diff = memcmp(p, q, GUARD_COMPARE_STEP);
		if (diff != 0)
			return diff;
		guard_spend(GUARD_COMPARE_STEP);
		p += GUARD_COMPARE_STEP;
		q += GUARD_COMPARE_STEP;
		n -= GUARD_COMPARE_STEP;
	}
	return memcmp(p, q, n);
}

#define GUARD_IS_LARGE(n) (!__builtin_constant_p(n) && (n) >= 4096)
#undef DUK_MEMCMP
#define DUK_MEMCMP(a, b, n) guard_compare((a), (b), (n))
#undef DUK_MEMCPY
#define DUK_MEMCPY(to, from, n) \
	(GUARD_IS_LARGE(n) ? guard_spend(n) : (void)0, memcpy((to), (from), (n)))
#undef DUK_MEMMOVE
#define DUK_MEMMOVE(to, from, n) \
	(GUARD_IS_LARGE(n) ? guard_spend(n) : (void)0, memmove((to), (from), (n)))
#undef DUK_MEMSET
#define DUK_MEMSET(to, byte, n) \
	(GUARD_IS_LARGE(n) ? guard_spend(n) : (void)0, memset((to), (byte), (n)))

#endif /* DUK_COMPILING_DUKTAPE */

/* --- garbage --- */

/*
 * Reference counts free nearly everything; what is cyclic waits until the region asks for
 * a collection (region.c), which goes by bytes and not by a count of allocations.  The
 * depth is stack (75 bytes a level) for time: lists longer than it cost quadratic time.
 */
#undef DUK_USE_VOLUNTARY_GC
#undef DUK_USE_MARK_AND_SWEEP_RECLIMIT
#define DUK_USE_MARK_AND_SWEEP_RECLIMIT 4096
/*
 * No Duktape.fin: a finalizer would run script code from within the collector, and looking
 * for one walks the prototype chain of every freed object.
 */
#undef DUK_USE_FINALIZER_SUPPORT
#define DUK_HEAP_REMOVE_FROM_FINALIZE_LIST(heap, hdr) do { } while (0)

/* --- time and chance --- */

/*
 * UTC, and none of the C library's time zone code: it takes locks and reads files.  Only
 * ISO 8601 is parsed here; the library (runtime/lib) adds the other forms.
 */
#undef DUK_USE_DATE_PRS_STRPTIME
#undef DUK_USE_DATE_FMT_STRFTIME
#undef DUK_USE_DATE_TZO_GMTIME_R
#undef DUK_USE_DATE_PARSE_STRING
#undef DUK_USE_DATE_FORMAT_STRING
#undef DUK_USE_DATE_GET_LOCAL_TZOFFSET
#define DUK_USE_DATE_GET_LOCAL_TZOFFSET(d) 0
/* Outside of the heap: a restored heap must not repeat itself. */
#undef DUK_USE_GET_RANDOM_DOUBLE
#define DUK_USE_GET_RANDOM_DOUBLE(udata) math_random()

/* --- speed --- */

#undef DUK_USE_FASTINT
#define DUK_USE_FASTINT
#undef DUK_USE_JSON_STRINGIFY_FASTPATH
#define DUK_USE_JSON_STRINGIFY_FASTPATH

/* --- the language as specified --- */

#undef DUK_USE_SHEBANG_COMMENTS
#undef DUK_USE_HTML_COMMENTS
#undef DUK_USE_NONSTD_JSON_ESC_U2028_U2029
#undef DUK_USE_NONSTD_STRING_FROMCHARCODE_32BIT
/* A call in tail position keeps its frame: stacks are for people. */
#undef DUK_USE_TAILCALL
#undef DUK_USE_TRACEBACK_DEPTH
#define DUK_USE_TRACEBACK_DEPTH 20

#endif
