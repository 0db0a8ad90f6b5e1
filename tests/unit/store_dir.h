/* A folder of their own for the tests of the store; removed with what is in it. */
#ifndef TESTS_UNIT_STORE_DIR_H
#define TESTS_UNIT_STORE_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char store_dir[64];
static char store_db[96];	/* data.db in it */

static inline int
store_dir_new(void **state)
{
	(void)state;
	(void)strcpy(store_dir, "/tmp/fazt-test-XXXXXX");
	if (mkdtemp(store_dir) == NULL)
		return -1;
	(void)snprintf(store_db, sizeof(store_db), "%s/data.db", store_dir);
	return 0;
}

static inline void
store_dir_empty(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(fd);
	struct dirent *e;

	for (e = d ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (e->d_type == DT_DIR) {
			store_dir_empty(dirfd(d), e->d_name);
			(void)unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
		} else {
			(void)unlinkat(dirfd(d), e->d_name, 0);
		}
	}
	if (d != NULL)
		closedir(d);
}

static inline int
store_dir_drop(void **state)
{
	(void)state;
	store_dir_empty(AT_FDCWD, store_dir);
	return rmdir(store_dir);
}

#endif
