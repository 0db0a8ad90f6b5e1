/*
 * hello_fcgi SOCKET THREADS: the limit we compare with.  The bare libfcgi hand-off and
 * nothing else: one acceptor, worker threads that preset ipcFd, twelve bytes of answer, or
 * 10 KB for a path that starts with /1.
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define QUEUE 8192

static int listener, epoll;
static int queue[QUEUE];
static unsigned head, tail;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;

static void
push(int fd)
{
	pthread_mutex_lock(&lock);
	queue[tail++ % QUEUE] = fd;
	pthread_cond_signal(&ready);
	pthread_mutex_unlock(&lock);
}

static int
pop(void)
{
	int fd;

	pthread_mutex_lock(&lock);
	while (head == tail)
		pthread_cond_wait(&ready, &lock);
	fd = queue[head++ % QUEUE];
	pthread_mutex_unlock(&lock);
	return fd;
}

static void *
worker(void *arg)
{
	static char page[10240];
	FCGX_Request rq;
	char drain[4096];
	const char *uri;

	(void)arg;
	FCGX_InitRequest(&rq, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	for (;;) {
		struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT };

		rq.ipcFd = pop();
		rq.keepConnection = 1;
		if (FCGX_Accept_r(&rq) < 0) {
			rq.ipcFd = -1;
			rq.keepConnection = 0;
			continue;
		}
		while (FCGX_GetStr(drain, sizeof(drain), rq.in) > 0)
			;
		uri = FCGX_GetParam("REQUEST_URI", rq.envp);
		FCGX_PutS("Content-Type: text/plain\r\n\r\n", rq.out);
		if (uri != NULL && strncmp(uri, "/1", 2) == 0)
			FCGX_PutStr(page, sizeof(page), rq.out);
		else
			FCGX_PutS("hello world\n", rq.out);
		FCGX_Finish_r(&rq);
		ev.data.fd = rq.ipcFd;
		rq.ipcFd = -1;
		rq.keepConnection = 0;
		if (ev.data.fd >= 0)
			epoll_ctl(epoll, EPOLL_CTL_MOD, ev.data.fd, &ev);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct epoll_event ev = { .events = EPOLLIN }, got[64];

	if (argc != 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	FCGX_Init();
	signal(SIGTERM, SIG_DFL);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", argv[1]);
	unlink(argv[1]);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    chmod(argv[1], 0666) != 0 || listen(listener, 4096) != 0)
		return 1;
	epoll = epoll_create1(0);
	ev.data.fd = listener;
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev);
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
		pthread_t t;

		pthread_create(&t, NULL, worker, NULL);
	}
	for (;;) {
		int n = epoll_wait(epoll, got, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = got[i].data.fd;

			if (fd != listener) {
				push(fd);
				continue;
			}
			fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
			if (fd < 0)
				continue;
			ev.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
			ev.data.fd = fd;
			epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
		}
	}
}
