/*
 * One line of /proc/self/stat holds nearly everything.  The command name in it may hold
 * blanks and brackets, so fields are counted from the last ')' (proc(5)).
 */
#include "admin/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* proc(5) numbers of fields, of which the first after the name is 3. */
enum { FIELD_UTIME = 14, FIELD_STIME = 15, FIELD_THREADS = 20, FIELD_START = 22,
	FIELD_VSIZE = 23, FIELD_RSS = 24, FIELDS = 25 };

static bool
read_text(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	out[n] = '\0';
	return true;
}

static void
read_stat(struct process *p, double *start_s)
{
	uint64_t v[FIELDS] = { 0 };
	double tick = (double)sysconf(_SC_CLK_TCK);
	char text[1024], *at;

	if (!read_text("/proc/self/stat", text, sizeof(text)))
		return;
	at = strrchr(text, ')');
	if (at == NULL)
		return;
	at = strchr(at, ' ');
	for (int i = 3; i < FIELDS && at != NULL; i++, at = strchr(at + 1, ' '))
		v[i] = strtoull(at + 1, NULL, 10);
	p->cpu_s = (double)(v[FIELD_UTIME] + v[FIELD_STIME]) / tick;
	p->threads = v[FIELD_THREADS];
	p->virtual_size = v[FIELD_VSIZE];
	p->resident = v[FIELD_RSS] * (uint64_t)sysconf(_SC_PAGESIZE);
	*start_s = (double)v[FIELD_START] / tick;
}

/* When the machine started, unix seconds; 0 when unknown. */
static double
boot_time(void)
{
	char line[128];
	double at = 0;
	FILE *f = fopen("/proc/stat", "re");

	if (f == NULL)
		return 0;
	/* Lines may be longer than the buffer; then their rest is no "btime" either. */
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "btime ", 6) == 0)
			at = strtod(line + 6, NULL);
	fclose(f);
	return at;
}

static uint64_t
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (d == NULL)
		return 0;
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n > 0 ? n - 1 : 0;	/* not the one that reads the folder */
}

void
process_read(struct process *out)
{
	struct process p = { 0 };
	struct rlimit limit;
	double start_s = 0, boot = boot_time();

	read_stat(&p, &start_s);
	p.started = boot > 0 && start_s > 0 ? boot + start_s : 0;
	p.open_fds = count_fds();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		p.max_fds = limit.rlim_cur;
	*out = p;
}

static void
put_count(struct buf *b, const char *name, const char *help, uint64_t v)
{
	if (v != 0)
		buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRIu64 "\n", name,
		    help, name, name, v);
}

void
process_print(struct buf *b)
{
	struct process p;

	process_read(&p);
	buf_printf(b, "# HELP process_cpu_seconds_total User and system CPU time.\n"
	    "# TYPE process_cpu_seconds_total counter\n"
	    "process_cpu_seconds_total %.2f\n", p.cpu_s);
	if (p.started > 0)
		buf_printf(b, "# HELP process_start_time_seconds Start, unix seconds.\n"
		    "# TYPE process_start_time_seconds gauge\n"
		    "process_start_time_seconds %.2f\n", p.started);
	put_count(b, "process_resident_memory_bytes", "Resident memory.", p.resident);
	put_count(b, "process_virtual_memory_bytes", "Virtual memory.", p.virtual_size);
	put_count(b, "process_open_fds", "Open file descriptors.", p.open_fds);
	put_count(b, "process_max_fds", "Limit of file descriptors.", p.max_fds);
	put_count(b, "process_threads", "Threads.", p.threads);
}
