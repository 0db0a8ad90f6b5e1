/*
 * The engine as one translation unit: Debian ships Duktape's source for exactly this, and
 * its shared library lacks every limit we need.  Nothing of it is kept in this tree.
 *
 * Two things only this file can know are added at its end.  engine_code() tells whether a
 * thread was interrupted in the engine's own instructions: there, and only there, a run
 * may be cut off by a signal, since whatever the instruction had half done lives in a
 * region that is restored.  In the C library or in host code it could be a lock or a list
 * of ours.  engine_place() reads the engine's call stack without allocating.
 */
#define DUK_COMPILING_DUKTAPE
#include "runtime/engine.h"

/* The assembler sorts subsections by number: these labels enclose all code of the file. */
__asm__(".pushsection .text\n"
	".local engine_first\n"
	"engine_first:\n"
	".subsection 8000\n"
	".local engine_last\n"
	"engine_last:\n"
	".popsection\n");
extern const char engine_first[] __attribute__((visibility("hidden")));
extern const char engine_last[] __attribute__((visibility("hidden")));

/*
 * Where an error object is made without a call (x.y() of what is no function), the engine
 * forgets to note the instruction it is at, and the trace names the line of the last call.
 */
static void engine_note_place(duk_context *);
#undef duk_push_error_object
#define duk_push_error_object(ctx, code, ...) \
	(engine_note_place(ctx), duk_push_error_object_raw((ctx), (code), DUK_FILE_MACRO, \
	(duk_int_t)DUK_LINE_MACRO, __VA_ARGS__))

#include <duktape.c>

static void
engine_note_place(duk_context *ctx)
{
	duk_hthread_sync_currpc(ctx);
}

/* The built-in table of 2.7.0 names this even without finalizers. */
DUK_INTERNAL duk_ret_t
duk_bi_duktape_object_fin(duk_hthread *thr)
{
	(void)thr;
	return DUK_RET_TYPE_ERROR;
}

bool
engine_code(uintptr_t pc)
{
	return pc >= (uintptr_t)engine_first && pc < (uintptr_t)engine_last;
}

/* An own data property that is a string, without side effects. */
static const char *
own_string(duk_hthread *thr, duk_hobject *object, duk_small_uint_t stridx)
{
	duk_hstring *key = DUK_HTHREAD_GET_STRING(thr, stridx);
	duk_tval *value = duk_hobject_find_entry_tval_ptr(thr->heap, object, key);

	if (value == NULL || !DUK_TVAL_IS_STRING(value))
		return NULL;
	return (const char *)DUK_HSTRING_GET_DATA(DUK_TVAL_GET_STRING(value));
}

static duk_hbuffer_fixed *
line_table(duk_hthread *thr, duk_hobject *function)
{
	duk_hstring *key = DUK_HTHREAD_GET_STRING(thr, DUK_STRIDX_INT_PC2LINE);
	duk_tval *value = duk_hobject_find_entry_tval_ptr(thr->heap, function, key);

	if (value == NULL || !DUK_TVAL_IS_BUFFER(value) ||
	    DUK_HBUFFER_HAS_DYNAMIC(DUK_TVAL_GET_BUFFER(value)))
		return NULL;
	return (duk_hbuffer_fixed *)DUK_TVAL_GET_BUFFER(value);
}

bool
engine_place(duk_context *ctx, char *file, size_t size, int *line)
{
	duk_hthread *thr = ctx->heap->curr_thread;
	duk_activation *act;

	if (thr == NULL)
		return false;
	duk_hthread_sync_currpc(thr);
	for (act = thr->callstack_curr; act != NULL; act = act->parent) {
		duk_hobject *function = DUK_ACT_GET_FUNC(act);
		duk_hbuffer_fixed *lines;
		const char *name;

		if (function == NULL || !DUK_HOBJECT_IS_COMPFUNC(function))
			continue;
		lines = line_table(thr, function);
		name = own_string(thr, function, DUK_STRIDX_FILE_NAME);
		if (lines == NULL || name == NULL)
			continue;
		(void)snprintf(file, size, "%s", name);
		*line = (int)duk__hobject_pc2line_query_raw(thr, lines,
		    duk_hthread_get_act_prev_pc(thr, act));
		return true;
	}
	return false;
}
