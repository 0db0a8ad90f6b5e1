/* Spool: memory up to the limit, then a file; the .c is included for its failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/spool.c"

static char dir[] = "/tmp/test_spool-XXXXXX";

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static int
names_in_dir(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
fill(char *p, size_t n, size_t from)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)((from + i) % 251);
}

static void
test_empty(void **state)
{
	struct spool *s = spool_new(dir, 10);
	char c;

	(void)state;
	assert_int_equal(spool_size(s), 0);
	assert_string_equal(spool_data(s), "");
	assert_int_equal(spool_fd(s), -1);
	assert_int_equal(spool_read(s, 0, &c, 1), 0);
	assert_int_equal(spool_add(s, NULL, 0), FZ_OK);
	spool_free(s);
	spool_free(NULL);
}

static void
test_memory(void **state)
{
	struct spool *s = spool_new(dir, LIMIT_SPOOL_MEMORY);
	char piece[100], back[100];
	size_t done, n;

	(void)state;
	for (done = 0; done < LIMIT_SPOOL_MEMORY; done += n) {
		n = LIMIT_SPOOL_MEMORY - done;
		if (n > sizeof(piece))
			n = sizeof(piece);
		fill(piece, n, done);
		assert_int_equal(spool_add(s, piece, n), FZ_OK);
		assert_int_equal(spool_data(s)[done + n], 0);
	}
	assert_int_equal(spool_fd(s), -1);
	assert_int_equal(spool_size(s), LIMIT_SPOOL_MEMORY);
	for (size_t i = 0; i < LIMIT_SPOOL_MEMORY; i++)
		if (spool_data(s)[i] != (char)(i % 251))
			fail();
	assert_int_equal(spool_read(s, LIMIT_SPOOL_MEMORY - 3, back, 100), 3);
	assert_int_equal(spool_read(s, LIMIT_SPOOL_MEMORY, back, 100), 0);
	assert_int_equal(spool_read(s, UINT64_MAX, back, 100), 0);
	/* One byte past max is refused and changes nothing. */
	assert_int_equal(spool_add(s, "x", 1), FZ_PAYLOAD_TOO_LARGE);
	assert_int_equal(spool_size(s), LIMIT_SPOOL_MEMORY);
	assert_non_null(spool_data(s));
	spool_free(s);
}

static void
test_file(void **state)
{
	const size_t total = 3 * LIMIT_SPOOL_MEMORY + 17;
	struct spool *s = spool_new(dir, total);
	char piece[4099], want[1000], back[1000];
	size_t done, n;
	struct stat st;

	(void)state;
	for (done = 0; done < total; done += n) {
		n = total - done < sizeof(piece) ? total - done : sizeof(piece);
		fill(piece, n, done);
		assert_int_equal(spool_add(s, piece, n), FZ_OK);
	}
	assert_null(spool_data(s));
	assert_true(spool_fd(s) >= 0);
	assert_int_equal(spool_size(s), total);
	assert_int_equal(fstat(spool_fd(s), &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_size, total);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fcntl(spool_fd(s), F_GETFD), FD_CLOEXEC);
	assert_int_equal(names_in_dir(), 0);
	for (done = 0; done < total; done += n) {
		n = (size_t)spool_read(s, done, back, sizeof(back));
		assert_true(n > 0 && n <= sizeof(back));
		fill(want, n, done);
		assert_memory_equal(back, want, n);
	}
	assert_int_equal(spool_read(s, total, back, 1), 0);
	assert_int_equal(spool_add(s, "x", 1), FZ_PAYLOAD_TOO_LARGE);
	spool_free(s);
}

static void
test_one_large_piece(void **state)
{
	struct spool *s = spool_new(dir, UINT64_MAX);
	char *p = xmalloc(200000);

	(void)state;
	fill(p, 200000, 0);
	assert_int_equal(spool_add(s, p, 200000), FZ_OK);
	assert_int_equal(spool_add(s, p, SIZE_MAX), FZ_PAYLOAD_TOO_LARGE);
	assert_int_equal(spool_size(s), 200000);
	free(p);
	spool_free(s);
}

static void
test_disk_full(void **state)
{
	static char block[LIMIT_SPOOL_MEMORY + 1];
	struct spool *s = spool_new(dir, UINT64_MAX);
	char back[8];

	(void)state;
	assert_int_equal(spool_add(s, block, sizeof(block)), FZ_OK);
	close(s->fd);
	s->fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	assert_int_equal(spool_add(s, "more", 4), FZ_STORAGE_FULL);
	assert_int_equal(spool_size(s), sizeof(block));
	close(s->fd);
	s->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(spool_add(s, "more", 4), FZ_IO);
	assert_int_equal(spool_size(s), sizeof(block));
	close(s->fd);
	s->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(spool_read(s, 0, back, sizeof(back)), -1);
	spool_free(s);
	assert_int_equal(disk_error(EDQUOT), FZ_STORAGE_FULL);
	assert_int_equal(disk_error(EIO), FZ_IO);

	s = spool_new("/nonexistent", UINT64_MAX);
	assert_int_equal(spool_add(s, "abc", 3), FZ_OK);
	assert_int_equal(spool_add(s, block, sizeof(block)), FZ_IO);
	assert_string_equal(spool_data(s), "abc");
	spool_free(s);
}

static void
test_named_fallback(void **state)
{
	int fd = open_named(dir);
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(names_in_dir(), 0);
	close(fd);
	errno = 0;
	assert_int_equal(open_named("/nonexistent"), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_one_large_piece),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_named_fallback),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
