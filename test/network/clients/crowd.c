// Many connections of one process at a time: crowd COUNT ADDRESS PORT. Starts COUNT connections, prints {"started"}; a line on stdin later
// it waits until all are decided or SECONDS (90) are over, and prints {"connected", "refused", "other", "errno", "pending"}.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 90

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	unsigned long count, started = 0, connected = 0, refused = 0, other = 0, pending;
	struct rlimit limit;
	struct pollfd *all;
	time_t end;
	int last = 0;
	char line[2];

	if (argc < 4 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		return 2;
	count = strtoul(argv[1], 0, 10);
	to.sin_port = htons(atoi(argv[3]));
	limit.rlim_cur = limit.rlim_max = count + 64;
	all = calloc(count, sizeof(*all));
	if (!all || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 2;
	for (unsigned long i = 0; i < count; i++) {
		usleep(1000); // started at one instant, they would all retransmit at one instant, more than a device queues
		all[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		all[i].events = POLLOUT;
		if (all[i].fd < 0)
			return 3;
		if (connect(all[i].fd, (void *)&to, sizeof(to)) < 0 && errno == EINPROGRESS)
			started++;
		else
			all[i].fd = -1;
	}
	printf("{\"started\":%lu}\n", started);
	fflush(stdout);
	if (read(0, line, 1) < 0)
		return 3;
	pending = started;
	for (end = time(0) + SECONDS; pending && time(0) < end;) {
		poll(all, count, 1000);
		for (unsigned long i = 0; i < count; i++) {
			int error = 0;
			socklen_t length = sizeof(error);

			if (all[i].fd < 0 || !all[i].revents)
				continue;
			getsockopt(all[i].fd, SOL_SOCKET, SO_ERROR, &error, &length);
			connected += !error;
			refused += error == ECONNREFUSED;
			if (error && error != ECONNREFUSED) {
				other++;
				last = error;
			}
			pending--;
			close(all[i].fd);
			all[i].fd = -1;
		}
	}
	printf("{\"connected\":%lu,\"refused\":%lu,\"other\":%lu,\"errno\":%d,\"pending\":%lu}\n", connected, refused, other, last, pending);
	return 0;
}
