/*
 * A client of the kernel benchmark. Every line on stdin is one measurement, answered by one line of numbers:
 *
 *   connect FIRST SPAN PORT COUNT        opens and closes COUNT connections, one after another, each to the next of SPAN
 *                                        addresses from FIRST on; p50 of connect(), p50 of socket() to close(), both in ns, failures
 *   send ADDRESS PORT COUNT              64-byte datagrams from one connected socket; ns a datagram, failures
 *   stream ADDRESS PORT MILLISECONDS     writes to a connection that stays open between calls; bytes a second
 *   flood FIRST SPAN PORT COUNT RATE     one datagram each to COUNT remotes never used before, RATE a second (0: as fast as it
 *                                        goes); ns in all, failures
 */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LARGEST_COUNT 1000000
#define WRITE_BYTES (128 * 1024)

static uint64_t samples[LARGEST_COUNT], wholes[LARGEST_COUNT];

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values, int count)
{
	qsort(values, count, sizeof(*values), compare);
	return count ? values[count / 2] : 0;
}

static struct sockaddr_in endpoint(const char *address, uint32_t further, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &to.sin_addr);
	to.sin_addr.s_addr = htonl(ntohl(to.sin_addr.s_addr) + further);
	return to;
}

static void do_connect(const char *first, uint32_t span, int port, int count)
{
	static uint32_t next;
	struct linger reset = { .l_onoff = 1, .l_linger = 0 }; /* no TIME_WAIT to run out of ports with */
	struct timeval patience = { .tv_sec = 10 };
	int failures = 0, i;

	for (i = 0; i < count; i++) {
		/* A stride, so that neighbours in time are no neighbours in a table. */
		struct sockaddr_in to = endpoint(first, (uint64_t)next++ * 7919 % span, port);
		uint64_t begin = now(), before, after;
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		before = now();
		failures += connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0;
		after = now();
		close(fd);
		samples[i] = after - before;
		wholes[i] = now() - begin;
	}
	printf("%lu %lu %d\n", median(samples, count), median(wholes, count), failures);
}

/* What is still under way belongs to this measurement, not to the next client's. */
static void wait_until_sent(int fd)
{
	int waiting = 1;

	while (ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting > 0)
		usleep(20);
}

static void do_send(const char *address, int port, int count)
{
	static int fd = -1;
	char data[64] = {};
	int failures = 0, i;
	uint64_t begin;

	if (fd < 0) {
		struct sockaddr_in to = endpoint(address, 0, port);

		fd = socket(AF_INET, SOCK_DGRAM, 0);
		failures += connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0;
	}
	begin = now();
	for (i = 0; i < count; i++)
		failures += send(fd, data, sizeof(data), 0) < 0;
	wait_until_sent(fd);
	printf("%.2f %d\n", (double)(now() - begin) / count, failures);
}

static void do_stream(const char *address, int port, int milliseconds)
{
	static char data[WRITE_BYTES];
	static int fd = -1;
	uint64_t begin, bytes = 0;

	if (fd < 0) {
		struct sockaddr_in to = endpoint(address, 0, port);

		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
			perror("connect");
	}
	begin = now();
	while (now() - begin < milliseconds * 1000000ull) {
		ssize_t written = write(fd, data, sizeof(data));

		if (written <= 0)
			break;
		bytes += written;
	}
	wait_until_sent(fd);
	printf("%.0f\n", bytes * 1e9 / (now() - begin));
}

static void do_flood(const char *first, uint32_t span, int port, int count, int rate)
{
	static uint32_t next;
	uint64_t begin;
	char data[16] = {};
	int failures = 0, fd = socket(AF_INET, SOCK_DGRAM, 0), i;

	begin = now();
	for (i = 0; i < count; i++, next++) {
		struct sockaddr_in to = endpoint(first, next % span, port + next / span);

		/* In bursts of a millisecond: a loop that waits would take the core from whoever reads. */
		while (rate && now() - begin < i * 1000000000ull / rate)
			usleep(1000);
		failures += sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&to, sizeof(to)) < 0;
	}
	printf("%lu %d\n", now() - begin, failures);
	close(fd);
}

int main(void)
{
	char line[256], word[64], address[64];

	setlinebuf(stdout);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		int a = 0, b = 0, c = 0, d = 0;

		if (sscanf(line, "%63s %63s %d %d %d %d", word, address, &a, &b, &c, &d) < 4)
			return 2;
		if (!strcmp(word, "connect"))
			do_connect(address, a, b, c > LARGEST_COUNT ? LARGEST_COUNT : c);
		else if (!strcmp(word, "send"))
			do_send(address, a, b);
		else if (!strcmp(word, "stream"))
			do_stream(address, a, b);
		else if (!strcmp(word, "flood"))
			do_flood(address, a, b, c, d);
		else
			return 2;
	}
	return 0;
}
