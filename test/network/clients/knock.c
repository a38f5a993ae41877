/*
 * knock ADDRESS PORT: connects once (IPv4, TCP), ends with 0 when it could, else with the error's number. With -DCONTENT="…" another
 * content that does the same.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#ifndef CONTENT
#define CONTENT "first"
#endif
const char content[] = CONTENT;

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (argc < 3 || content[0] == 0)
		return 2;
	inet_pton(AF_INET, argv[1], &to.sin_addr);
	to.sin_port = htons(atoi(argv[2]));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
}
