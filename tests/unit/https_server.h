/*
 * An https server on 127.0.0.1 that says what the test wrote down for each path, byte for
 * byte, in a folder of its own; it ends when the test does.
 *
 *	https_start();
 *	https_says("/token", "HTTP/1.1 200 OK\r\n\r\n{}");
 *	... https_url("/token"), https_ca ...
 *	assert_non_null(strstr(https_asked("/token"), "code=x"));
 *	https_stop();
 *
 * The answer "HANG" keeps the connection and says nothing, "LATE" closes it after two
 * seconds, "SLOW" sends a byte a second, "FLOOD" sends a 200 whose body never ends, "HEADS"
 * header lines for ever.
 */
#ifndef TESTS_HTTPS_SERVER_H
#define TESTS_HTTPS_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static char https_dir[64], https_ca[96];
static int https_port;
static pid_t https_pid;
static int https_life = -1;	/* the server reads here and ends with it */

static const char https_program[] =
    "import socket,ssl,sys,os,threading,time\n"
    "d=sys.argv[1]\n"
    "ctx=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    "ctx.load_cert_chain(d+'/cert.pem',d+'/key.pem')\n"
    "def name(p): return p.split('?')[0].replace('/','_')\n"
    "def serve(c):\n"
    "  try:\n"
    "    c.settimeout(20); c=ctx.wrap_socket(c,server_side=True); q=b''\n"
    "    while b'\\r\\n\\r\\n' not in q: q+=c.recv(65536) or sys.exit()\n"
    "    head,_,body=q.partition(b'\\r\\n\\r\\n'); want=0\n"
    "    for l in head.split(b'\\r\\n'):\n"
    "      if l.lower().startswith(b'content-length:'): want=int(l[15:])\n"
    "    while len(body)<want: b=c.recv(65536) or sys.exit(); body+=b; q+=b\n"
    "    n=name(head.split(b' ')[1].decode())\n"
    "    open(d+'/asked'+n+'.new','wb').write(q)\n"
    "    os.rename(d+'/asked'+n+'.new',d+'/asked'+n)\n"
    "    try: a=open(d+'/says'+n,'rb').read()\n"
    "    except OSError: a=b'HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n'\n"
    "    if a==b'HANG': time.sleep(30)\n"
    "    elif a==b'LATE': time.sleep(2)\n"
    "    elif a==b'SLOW':\n"
    "      while 1: c.sendall(b'H'); time.sleep(1)\n"
    "    elif a==b'FLOOD':\n"
    "      c.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')\n"
    "      while 1: c.sendall(b' '*65536)\n"
    "    elif a==b'HEADS':\n"
    "      c.sendall(b'HTTP/1.1 200 OK\\r\\n')\n"
    "      while 1: c.sendall(b'X-A: '+b'a'*1000+b'\\r\\n')\n"
    "    else: c.sendall(a); c.unwrap()\n"
    "  except Exception: pass\n"
    "  finally: c.close()\n"
    "s=socket.create_server(('127.0.0.1',0),backlog=64)\n"
    "os.write(1,b'%d' % s.getsockname()[1])\n"
    "def run():\n"
    "  while 1:\n"
    "    c,_=s.accept(); threading.Thread(target=serve,args=(c,),daemon=True).start()\n"
    "threading.Thread(target=run,daemon=True).start()\n"
    "sys.stdin.read()\n";

static inline void
https_file(char out[160], const char *what, const char *path)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", path);
	for (char *c = name; *c != '\0'; c++)
		if (*c == '/')
			*c = '_';
	(void)snprintf(out, 160, "%s/%s%s", https_dir, what, name);
}

static inline void
https_make_certificate(void)
{
	char cmd[512];

	(void)snprintf(cmd, sizeof(cmd), "cd %s && openssl req -x509 -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 "
	    "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
	    "2>/dev/null", https_dir);
	assert_int_equal(system(cmd), 0);
}

static inline void
https_run(int in, int out)
{
	(void)dup2(in, 0);
	(void)dup2(out, 1);
	for (int fd = 3; fd < 256; fd++)
		(void)close(fd);
	(void)execlp("python3", "python3", "-c", https_program, https_dir, (char *)NULL);
	_exit(127);
}

static inline void
https_start(void)
{
	int in[2], out[2];
	char text[16] = "";

	(void)strcpy(https_dir, "/tmp/fazt-test-XXXXXX");
	assert_non_null(mkdtemp(https_dir));
	(void)snprintf(https_ca, sizeof(https_ca), "%s/cert.pem", https_dir);
	https_make_certificate();
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	https_pid = fork();
	assert_true(https_pid >= 0);
	if (https_pid == 0)
		https_run(in[0], out[1]);
	(void)close(in[0]);
	(void)close(out[1]);
	https_life = in[1];
	assert_true(read(out[0], text, sizeof(text) - 1) > 0);
	(void)close(out[0]);
	https_port = (int)strtol(text, NULL, 10);
	assert_true(https_port > 0);
}

static inline void
https_stop(void)
{
	DIR *d = opendir(https_dir);
	struct dirent *e;

	(void)close(https_life);
	(void)waitpid(https_pid, NULL, 0);
	while ((e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	(void)rmdir(https_dir);
}

static inline void
https_says_bytes(const char *path, const char *answer, size_t len)
{
	char name[160];
	FILE *f;

	https_file(name, "says", path);
	f = fopen(name, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(answer, 1, len, f), len);
	(void)fclose(f);
}

static inline void
https_says(const char *path, const char *answer)
{
	https_says_bytes(path, answer, strlen(answer));
}

/* A 200 with this body. */
static inline void
https_gives(const char *path, const char *body)
{
	char *text = xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
	    strlen(body), body);

	https_says(path, text);
	free(text);
}

/* The last request at this path, head and body; "" = none since https_forget. */
static inline const char *
https_asked(const char *path)
{
	static char text[256 * 1024];
	char name[160];
	size_t n;
	FILE *f;

	https_file(name, "asked", path);
	f = fopen(name, "rb");
	if (f == NULL)
		return "";
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static inline void
https_forget(const char *path)
{
	char name[160];

	https_file(name, "asked", path);
	(void)unlink(name);
}

static inline const char *
https_url(const char *path)
{
	static char urls[8][256];
	static unsigned turn;
	char *out = urls[turn++ % 8];

	(void)snprintf(out, 256, "https://localhost:%d%s", https_port, path);
	return out;
}

#endif
