/* Processes that end badly while an app's code runs in them, and what the next one knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "fcgi/quarantine.c"
#include "tests/unit/store_dir.h"

#define OK(call) assert_int_equal((call), FZ_OK)

static char path[96];

static int
setup(void **state)
{
	if (store_dir_new(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/running", store_dir);
	return 0;
}

struct runs {
	int64_t	app;
	int64_t	version;
	bool	ended;
};

/* A process that runs these, one a slot, and is killed. */
static void
crash(const struct runs *runs, size_t n)
{
	struct quarantine *q;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (quarantine_open(path, &q, NULL) != FZ_OK)
			_exit(1);
		for (unsigned i = 0; i < n; i++) {
			quarantine_begin(q, i, runs[i].app, runs[i].version);
			if (runs[i].ended)
				quarantine_end(q, i);
		}
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* The dedupe of one crash goes by the millisecond. */
	usleep(2000);
}

static struct quarantine *
look_at(void)
{
	struct quarantine *q;
	struct why why = { { 0 } };

	OK(quarantine_open(path, &q, &why));
	return q;
}

static bool
held(int64_t app, int64_t version)
{
	struct quarantine *q = look_at();
	bool yes = quarantine_holds(q, app, version);

	quarantine_close(q);
	return yes;
}

static void
three_crashes(void **state)
{
	static const struct runs runs[] = { { 7, 70, false }, { 7, 70, false },
		{ 8, 80, true }, { 9, 90, false } };
	static const struct runs other[] = { { 9, 91, false } };
	struct quarantine_case cases[QUARANTINE_CASES];
	struct quarantine *q;

	(void)state;
	crash(runs, 4);
	assert_false(held(7, 70));
	crash(runs, 4);
	crash(other, 1);
	assert_false(held(7, 70));
	crash(runs, 3);
	q = look_at();
	/* Twice in one crash is once; what had ended is not guilty; nor is another version. */
	assert_true(quarantine_holds(q, 7, 70));
	assert_false(quarantine_holds(q, 7, 71));
	assert_false(quarantine_holds(q, 8, 80));
	assert_false(quarantine_holds(q, 9, 90));
	assert_int_equal(quarantine_cases(q, cases), 1);
	assert_true(cases[0].fresh);
	quarantine_close(q);
	q = look_at();
	assert_int_equal(quarantine_cases(q, cases), 1);
	assert_int_equal(cases[0].app, 7);
	assert_int_equal(cases[0].version, 70);
	assert_false(cases[0].fresh);
	quarantine_close(q);
}

static void
clean_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct quarantine *q = look_at();

		quarantine_begin(q, 3, 7, 70);
		quarantine_close(q);
	}
	assert_false(held(7, 70));
}

/* Three in an hour, not three in a day; nor over a reboot. */
static void
hours_and_boots(void **state)
{
	static const struct runs runs[] = { { 7, 70, false } };
	struct quarantine *q;

	(void)state;
	crash(runs, 1);
	crash(runs, 1);
	q = look_at();
	q->page->records[0].at[1] -= QUARANTINE_WITHIN_MS;
	quarantine_close(q);
	crash(runs, 1);
	assert_false(held(7, 70));
	q = look_at();
	q->page->boot_ms -= 40000;
	quarantine_begin(q, 0, 7, 70);
	/* As if the power had gone. */
	close(q->fd);
	munmap(q->page, sizeof(*q->page));
	free(q);
	assert_false(held(7, 70));
	crash(runs, 1);
	assert_true(held(7, 70));
}

/* The next process starts while this one still runs. */
static void
overlap(void **state)
{
	static const struct runs runs[] = { { 7, 70, false } };
	struct quarantine *q = look_at();

	(void)state;
	quarantine_begin(q, 0, 5, 50);
	for (int i = 0; i < 3; i++)
		crash(runs, 1);
	assert_true(held(7, 70));
	assert_false(held(5, 50));
	assert_false(quarantine_holds(q, 7, 70));
	quarantine_close(q);
	assert_false(held(5, 50));
	/* More processes than banks: one is without, and nothing breaks. */
	struct quarantine *all[BANKS + 1];

	for (int i = 0; i <= BANKS; i++) {
		all[i] = look_at();
		quarantine_begin(all[i], 1, 6, 60);
	}
	assert_null(all[BANKS]->slots);
	for (int i = 0; i <= BANKS; i++) {
		quarantine_end(all[i], 1);
		quarantine_close(all[i]);
	}
}

static void
broken_file(void **state)
{
	static const struct runs runs[] = { { 7, 70, false } };
	FILE *f = fopen(path, "w");

	(void)state;
	for (int i = 0; i < 100000; i++)
		fputc(i * 7, f);
	fclose(f);
	assert_false(held(7, 70));
	for (int i = 0; i < 3; i++)
		crash(runs, 1);
	assert_true(held(7, 70));
	assert_int_equal(truncate(path, 10), 0);
	assert_false(held(7, 70));
	struct quarantine *q;
	struct why why = { { 0 } };

	assert_int_equal(quarantine_open("/nowhere/at/all", &q, &why), FZ_IO);
	assert_non_null(strstr(why.text, "/nowhere/at/all"));
	quarantine_begin(NULL, 0, 1, 1);
	quarantine_end(NULL, 0);
	assert_false(quarantine_holds(NULL, 1, 1));
}

/* More guilty apps than places: those held stay longest. */
static void
many_apps(void **state)
{
	static const struct runs guilty[] = { { 7, 70, false } };
	struct runs crowd[200];

	(void)state;
	for (int i = 0; i < 200; i++)
		crowd[i] = (struct runs){ 1000 + i, 1, false };
	for (int i = 0; i < 3; i++)
		crash(guilty, 1);
	assert_true(held(7, 70));
	for (int i = 0; i < 3; i++)
		crash(crowd, 200);
	assert_true(held(7, 70));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, store_dir_drop)
		TEST(three_crashes),
		TEST(clean_ends),
		TEST(hours_and_boots),
		TEST(overlap),
		TEST(broken_file),
		TEST(many_apps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
