// One UDP socket towards many ports: flood ADDRESS FIRST COUNT SECONDS [BYTES]. Sends to each of COUNT ports from FIRST on, in turn and as
// fast as it can, until SECONDS are over (0: each once) or a line comes on stdin. Then sends to each once more for every line that follows,
// until stdin ends.
// Prints {"sent", "refused", "errno"} after the first sending.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in to = { .sin_family = AF_INET };
static char data[65536];
static unsigned long first, count, sent, refused, bytes;
static int fd, error;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Takes the line that ends the first sending, if it is there. */
static int is_told(void)
{
	struct pollfd in = { .events = POLLIN };
	char line;

	return poll(&in, 1, 0) > 0 && read(0, &line, 1) > 0;
}

static void round_(void)
{
	for (unsigned long port = first; port < first + count; port++) {
		to.sin_port = htons(port);
		if (sendto(fd, data, bytes, 0, (void *)&to, sizeof(to)) >= 0) {
			sent++;
		} else {
			refused++;
			error = errno;
		}
	}
}

int main(int argc, char **argv)
{
	double end;
	char line;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (argc < 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || fd < 0)
		return 2;
	first = strtoul(argv[2], 0, 10);
	count = strtoul(argv[3], 0, 10);
	end = now() + atof(argv[4]);
	bytes = argc > 5 ? strtoul(argv[5], 0, 10) : 16;
	if (first + count > 65536 || bytes > sizeof(data))
		return 2;
	do {
		round_();
	} while (now() < end && !is_told());
	printf("{\"sent\":%lu,\"refused\":%lu,\"errno\":%d}\n", sent, refused, error);
	fflush(stdout);
	while (read(0, &line, 1) > 0)
		round_();
	return 0;
}
