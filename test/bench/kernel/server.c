/*
 * The far side of the kernel benchmark: server ACCEPT_PORT SINK_PORT DATAGRAM_PORT. Accepts and closes, reads and forgets, and has a
 * datagram socket that is never read, so that a datagram costs its sender the same however fast somebody reads. Prints "ready".
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int bound(int type, const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, type, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || (type == SOCK_STREAM && listen(fd, 4096) < 0)) {
		perror("bind");
		exit(1);
	}
	return fd;
}

static void *forget(void *argument)
{
	static __thread char data[128 * 1024];
	int fd = (intptr_t)argument;

	while (read(fd, data, sizeof(data)) > 0)
		;
	close(fd);
	return NULL;
}

static void *sink(void *argument)
{
	for (;;) {
		int fd = accept((intptr_t)argument, NULL, NULL);
		pthread_t thread;

		if (fd >= 0 && pthread_create(&thread, NULL, forget, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
}

int main(int count, char **arguments)
{
	pthread_t thread;
	int listener, small = 0;

	if (count != 4)
		return 2;
	listener = bound(SOCK_STREAM, arguments[1]);
	pthread_create(&thread, NULL, sink, (void *)(intptr_t)bound(SOCK_STREAM, arguments[2]));
	setsockopt(bound(SOCK_DGRAM, arguments[3]), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	puts("ready");
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			close(fd);
	}
}
