/*
 * A pid alone comes back, so the start time (ticks since boot, field 22 of
 * /proc/PID/stat) goes with it; services of a quick boot may get the same pid at
 * the same tick again, so eight digits of the boot id go with both.
 *
 * Where /proc hides other users' processes, kill(2) still says whether the pid exists;
 * then it counts as alive, since sweeping away the work of a living process is worse
 * than keeping an orphan until it expires.
 */
#include "store/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static ssize_t
slurp(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n;
}

/* The command name in field 2 may hold spaces and brackets: count from its last one. */
static unsigned long long
start_of(pid_t pid)
{
	char path[64], stat[1024], *s;
	int field = 2;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (slurp(path, stat, sizeof(stat)) <= 0)
		return 0;
	s = strrchr(stat, ')');
	if (s == NULL)
		return 0;
	while (field < 22) {
		s = strchr(s + 1, ' ');
		if (s == NULL)
			return 0;
		field++;
	}
	return strtoull(s + 1, NULL, 10);
}

static void
boot_id(char out[9])
{
	char id[64];

	if (slurp("/proc/sys/kernel/random/boot_id", id, sizeof(id)) < 8)
		memcpy(id, "00000000", 9);
	memcpy(out, id, 8);
	out[8] = '\0';
}

void
owner_self(char out[OWNER_LEN])
{
	char boot[9];

	boot_id(boot);
	(void)snprintf(
	    out, OWNER_LEN, "%d:%llu:%s", (int)getpid(), start_of(getpid()), boot);
}

bool
owner_alive(const char *owner)
{
	unsigned long long start, now;
	char boot[9], theirs[9];
	int pid, n = 0;

	if (sscanf(owner, "%9d:%19llu:%8[0-9a-f]%n", &pid, &start, theirs, &n) != 3 ||
	    owner[n] != '\0' || pid <= 0)
		return false;
	boot_id(boot);
	if (strcmp(boot, theirs) != 0)
		return false;
	if (kill(pid, 0) != 0 && errno != EPERM)
		return false;
	now = start_of(pid);
	return now == 0 || now == start;
}
