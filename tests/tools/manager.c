/*
 * manager SOCKET[,scgi:SOCKET] -- PROGRAM ARGS...: the part of a service manager that
 * restart tests need.  It owns the listening sockets, starts the program with them as fd 3
 * and 4 (LISTEN_FDS), starts it again whenever it ends, and obeys signals: HUP = stop it
 * with SIGTERM and start the next at once it ended; USR1 = start the next first, then stop
 * the old one (overlap); USR2 = SIGKILL.  TERM ends both.  It prints "pid N" for each start.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int
listen_on(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    chmod(path, 0666) != 0 || listen(fd, 4096) != 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static pid_t
start(char **argv, int n)
{
	pid_t pid = fork();
	char text[32];
	sigset_t none;

	if (pid != 0) {
		printf("pid %ld\n", (long)pid);
		fflush(stdout);
		return pid;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(text, sizeof(text), "%ld", (long)getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", n);
	setenv("LISTEN_FDS", text, 1);
	setenv("LISTEN_FDNAMES", n == 2 ? "fcgi:scgi" : "fcgi", 1);
	execv(argv[0], argv);
	_exit(127);
}

int
main(int argc, char **argv)
{
	char *comma;
	int n = 1, sig;
	sigset_t all;
	pid_t now;

	if (argc < 4 || strcmp(argv[2], "--") != 0)
		return 2;
	comma = strstr(argv[1], ",scgi:");
	if (comma != NULL)
		*comma = '\0';
	close(3);
	close(4);
	if (dup2(listen_on(argv[1]), 3) < 0)
		return 1;
	if (comma != NULL && dup2(listen_on(comma + 6), 4) == 4)
		n = 2;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	now = start(argv + 3, n);
	for (;;) {
		int status;
		pid_t dead;

		if (sigwait(&all, &sig) != 0)
			continue;
		switch (sig) {
		case SIGHUP:
			kill(now, SIGTERM);
			break;
		case SIGUSR2:
			kill(now, SIGKILL);
			break;
		case SIGUSR1: {
			pid_t old = now;

			now = start(argv + 3, n);
			usleep(300000);
			kill(old, SIGTERM);
			break;
		}
		case SIGTERM:
		case SIGINT:
			kill(now, SIGTERM);
			while (waitpid(-1, &status, 0) > 0)
				;
			return 0;
		case SIGCHLD:
			while ((dead = waitpid(-1, &status, WNOHANG)) > 0) {
				printf("end %ld %d\n", (long)dead, status);
				fflush(stdout);
				if (dead == now)
					now = start(argv + 3, n);
			}
			break;
		default:
			break;
		}
	}
}
