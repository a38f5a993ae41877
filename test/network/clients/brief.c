/*
 * A program that is gone in no time: brief plain|thread|deleted|told|answered ADDRESS PORT [NAME]. Sends one datagram (IPv4) and ends. thread:
 * from a second thread, the first being gone; deleted: so, once its file is gone as well; told: once it reads a byte; answered: stays until
 * it has an answer. NAME is what it calls itself.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in to = { .sin_family = AF_INET };

static void send_one(int answered)
{
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char answer[2];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	sendto(fd, "hi", 2, 0, (struct sockaddr *)&to, sizeof(to));
	if (answered)
		recv(fd, answer, sizeof(answer), 0);
	_exit(0);
}

/* The first thread is a zombie by then: the process has no /proc/PID/exe any more. */
static void *later(void *file)
{
	do
		usleep(100000);
	while (file && access(file, F_OK) == 0);
	send_one(0);
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 4)
		return 2;
	inet_pton(AF_INET, argv[2], &to.sin_addr);
	to.sin_port = htons(atoi(argv[3]));
	if (argc > 4)
		prctl(PR_SET_NAME, argv[4]);
	if (strcmp(argv[1], "told") == 0)
		read(0, argv[0], 1);
	if (strcmp(argv[1], "thread") == 0 || strcmp(argv[1], "deleted") == 0) {
		pthread_create(&thread, 0, later, argv[1][0] == 'd' ? argv[0] : 0);
		pthread_exit(0);
	}
	send_one(strcmp(argv[1], "answered") == 0);
}
