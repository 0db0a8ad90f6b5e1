/* Log lines: always one valid JSON object, whatever the fields hold. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/log.h"

static char folder[] = "/tmp/fazt-log-XXXXXX";
static char path[64], rotated[64];
static char text[4 << 20];

static size_t
read_all(const char *name)
{
	FILE *f = fopen(name, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return n;
}

/* The file's only line as an object, after which the file is empty. */
static json_t *
only_line(void)
{
	size_t n = read_all(path);
	struct why why = { 0 };
	json_t *v = NULL;

	assert_true(n > 0 && n <= 8192);
	assert_ptr_equal(strchr(text, '\n'), text + n - 1);
	for (size_t i = 0; i < n - 1; i++)
		assert_true((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
	if (json_parse(text, n, &v, &why) != FZ_OK)
		fail_msg("%s: %.100s", why.text, text);
	assert_int_equal(truncate(path, 0), 0);
	return v;
}

static const char *
member(json_t *v, const char *name)
{
	const char *s = json_string_value(json_object_get(v, name));

	assert_non_null(s);
	return s;
}

static void
test_fields(void **state)
{
	static const char bad[] = "\x01\x1b[31m\r\n\"\\\x7f\xc2\x9b\xff";
	json_t *v;

	(void)state;
	log_info("deploy done", "app", "fazt_app_x", "files", "12", "none", NULL, NULL);
	v = only_line();
	assert_int_equal(json_object_size(v), 6);
	assert_int_equal(strlen(member(v, "time")), 20);
	assert_string_equal(member(v, "level"), "info");
	assert_string_equal(member(v, "msg"), "deploy done");
	assert_string_equal(member(v, "app"), "fazt_app_x");
	assert_string_equal(member(v, "files"), "12");
	assert_string_equal(member(v, "none"), "");
	json_decref(v);

	log_warn(bad, bad, bad, NULL);
	v = only_line();
	assert_string_equal(member(v, "level"), "warn");
	assert_string_equal(member(v, "msg"),
	    "\x01\x1b[31m\r\n\"\\\x7f\xc2\x9b\xef\xbf\xbd");
	assert_int_equal(json_object_size(v), 4);
	json_decref(v);
	log_error("", NULL);
	json_decref(only_line());
}

static void
test_levels(void **state)
{
	json_t *v;

	(void)state;
	log_debug("not seen", NULL);
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("not seen", NULL);
	assert_int_equal(read_all(path), 0);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("seen", NULL);
	v = only_line();
	assert_string_equal(member(v, "level"), "debug");
	json_decref(v);
	log_set_level(LOG_LEVEL_INFO);
}

/* One value of each length around the cut, of characters of every width. */
static void
test_truncated(void **state)
{
	static const char *const units[] = { "a", "\n", "\x01", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff" };
	static char big[60000];

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t len = strlen(units[u]), cut = 0;

		for (size_t n = 1200; n < 8300; n += n < 1300 || n > 8000 ? 1 : 97) {
			json_t *v;

			for (size_t i = 0; i < n; i++)
				memcpy(big + i * len, units[u], len);
			big[n * len] = '\0';
			log_info("m", "value", big, "after", "x", NULL);
			v = only_line();
			if (json_object_get(v, "truncated") != NULL) {
				assert_true(json_is_true(json_object_get(v,
				    "truncated")));
				if (json_object_get(v, "after") != NULL)
					assert_string_equal(member(v, "after"), "");
				assert_true(strlen(text) > 8192 - 64);
				cut++;
			} else {
				assert_string_equal(member(v, "after"), "x");
			}
			json_decref(v);
		}
		assert_true(cut > 0);
	}
}

/* Nothing of a field whose name does not fit; msg and name may be the long one. */
static void
test_truncated_elsewhere(void **state)
{
	static char big[9000];
	json_t *v;

	(void)state;
	memset(big, 'n', sizeof(big) - 1);
	log_info(big, "a", "b", NULL);
	v = only_line();
	assert_non_null(json_object_get(v, "truncated"));
	json_decref(v);
	log_info("m", "first", "1", big, "b", "after", "2", NULL);
	v = only_line();
	assert_int_equal(json_object_size(v), 5);
	assert_string_equal(member(v, "first"), "1");
	assert_non_null(json_object_get(v, "truncated"));
	json_decref(v);
	for (size_t n = 8000; n < 8192; n++) {
		memset(big, 'v', n);
		big[n] = '\0';
		log_info("m", "a", big, "bb", "c", "dd", "e", NULL);
		json_decref(only_line());
	}
}

static void
test_reopen(void **state)
{
	struct stat st;
	json_t *v;

	(void)state;
	assert_int_equal(rename(path, rotated), 0);
	log_info("old", NULL);
	log_reopen();
	log_info("new", NULL);
	v = only_line();
	assert_string_equal(member(v, "msg"), "new");
	json_decref(v);
	assert_true(read_all(rotated) > 0);
	assert_non_null(strstr(text, "\"old\""));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07, 0);

	/* A name that cannot be opened: the old file stays and says so. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(rotated), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	log_reopen();
	log_info("still alive", NULL);
	assert_int_equal(rmdir(path), 0);
	log_open(path, LOG_LEVEL_INFO);
	assert_int_equal(read_all(path), 0);

	/* A file that is there keeps its lines. */
	log_info("kept", NULL);
	log_open(path, LOG_LEVEL_INFO);
	log_reopen();
	v = only_line();
	assert_string_equal(member(v, "msg"), "kept");
	json_decref(v);
}

#define THREADS 4
#define LINES 300

static void *
writer(void *arg)
{
	static const char pad[3000] = { [0 ... 2998] = 'p' };

	for (int i = 0; i < LINES; i++)
		log_info("line", "who", arg, "pad", pad, NULL);
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t t[THREADS];
	char who[] = "w";
	size_t lines = 0;
	char *p, *end;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, writer, who), 0);
	for (int i = 0; i < 50; i++)
		log_reopen();
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	read_all(path);
	for (p = text; *p != '\0'; p = end + 1) {
		json_t *v = NULL;

		end = strchr(p, '\n');
		assert_non_null(end);
		assert_int_equal(json_parse(p, (size_t)(end - p), &v, NULL), FZ_OK);
		json_decref(v);
		lines++;
	}
	assert_int_equal(lines, THREADS * LINES);
	assert_int_equal(truncate(path, 0), 0);
}

/* In a child: stderr is the file, as the journal's stream or not. */
static int
child(int journal)
{
	int status = 0, fd;
	pid_t pid = fork();
	struct stat st;
	char stream[64];

	if (pid == 0) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
		if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || fstat(fd, &st) != 0)
			_exit(9);
		(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		    (uintmax_t)st.st_ino + (journal ? 0 : 1));
		setenv("JOURNAL_STREAM", stream, 1);
		log_open(NULL, LOG_LEVEL_INFO);
		log_warn("w", NULL);
		log_fatal("end", "why", "test", NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return WTERMSIG(status);
}

static void
test_journal_and_fatal(void **state)
{
	char *second;

	(void)state;
	assert_int_equal(child(1), SIGABRT);
	read_all(path);
	second = strchr(text, '\n') + 1;
	assert_memory_equal(text, "<4>{\"time\":", 11);
	assert_memory_equal(second, "<2>{\"time\":", 11);
	assert_non_null(strstr(second, "\"level\":\"fatal\","
	    "\"msg\":\"end\",\"why\":\"test\"}\n"));
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(child(0), SIGABRT);
	read_all(path);
	assert_int_equal(text[0], '{');
	assert_int_equal(truncate(path, 0), 0);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/log", folder);
	(void)snprintf(rotated, sizeof(rotated), "%s/log.1", folder);
	log_open(path, LOG_LEVEL_INFO);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	log_open(NULL, LOG_LEVEL_INFO);
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_truncated_elsewhere),
		cmocka_unit_test(test_reopen),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_journal_and_fatal),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
