/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * corked NAMED TARGET PORT SECONDS: a datagram to TARGET that waits for more (MSG_MORE), pushed out by a thread whose last call named NAMED and
 * sent nothing (MSG_PROBE). One socket, two threads, over and over. Prints how many datagrams were corked.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef MSG_PROBE
#define MSG_PROBE 0x10
#endif

static int fd;
static volatile int over;
static struct sockaddr_storage named, target;
static socklen_t length;
static unsigned long corked;

static void parse(const char *text, int port, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (strchr(text, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		inet_pton(AF_INET6, text, &v6->sin6_addr);
		length = sizeof(*v6);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		inet_pton(AF_INET, text, &v4->sin_addr);
		length = sizeof(*v4);
	}
}

static void *cork(void *unused)
{
	while (!over)
		if (sendto(fd, "x", 1, MSG_MORE, (struct sockaddr *)&target, length) == 1)
			corked++;
	return unused;
}

static void *push(void *unused)
{
	while (!over)
		sendto(fd, "", 0, MSG_PROBE, (struct sockaddr *)&named, length);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	if (argc != 5)
		return 2;
	parse(argv[1], atoi(argv[3]), &named);
	parse(argv[2], atoi(argv[3]), &target);
	fd = socket(named.ss_family, SOCK_DGRAM, 0);
	/* The app is known, and what is named is allowed. */
	sendto(fd, "n", 1, 0, (struct sockaddr *)&named, length);
	pthread_create(&threads[0], 0, cork, 0);
	pthread_create(&threads[1], 0, push, 0);
	nanosleep(&(struct timespec){ .tv_sec = atoi(argv[4]) }, 0);
	over = 1;
	pthread_join(threads[0], 0);
	pthread_join(threads[1], 0);
	printf("{\"corked\": %lu}\n", corked);
	return 0;
}
