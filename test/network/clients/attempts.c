// Attempts of every kind a program has to send something, one after the other: attempts COUNT ADDRESS4 ADDRESS6 PORT [KIND…].
// KIND: default all, in turn. Waits for no peer: an attempt is over when the kernel took or refused its first packet; the sockets
// of the last KEPT attempts stay open, so that a retransmission would be seen. Prints
// {"KIND": {"made": attempts, "refused": ECONNREFUSED, EPERM or (held, on some sockets) ENOBUFS, "taken": the kernel had no objection, "failed": any other error, "errno": its last}}.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 // Linux 5.6
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 // Linux 4.18
#endif
#define KEPT 128

static struct sockaddr_in to4;
static struct sockaddr_in6 to6, mapped;
static int kept[KEPT];
static unsigned next;

// Opens a socket in place of the oldest one.
static int make(int family, int type, int protocol)
{
	int *place = &kept[next++ % KEPT];

	if (*place > 0)
		close(*place);
	*place = socket(family, type | SOCK_NONBLOCK, protocol);
	return *place;
}

static const struct sockaddr *address_of(int family, socklen_t *length)
{
	*length = family == AF_INET ? sizeof(to4) : sizeof(to6);
	return family == AF_INET ? (void *)&to4 : (void *)&to6;
}

static int stream(int family, int protocol)
{
	socklen_t length;
	const struct sockaddr *to = address_of(family, &length);
	int fd = make(family, SOCK_STREAM, protocol);

	return fd < 0 ? -1 : connect(fd, to, length);
}

static int tcp4(void) { return stream(AF_INET, IPPROTO_TCP); }
static int tcp6(void) { return stream(AF_INET6, IPPROTO_TCP); }
static int mptcp4(void) { return stream(AF_INET, IPPROTO_MPTCP); }

static int tcp_mapped(void)
{
	int fd = make(AF_INET6, SOCK_STREAM, 0);

	return fd < 0 ? -1 : connect(fd, (void *)&mapped, sizeof(mapped));
}

// TCP Fast Open: the connect hooks do not see it.
static int tfo4(void)
{
	int fd = make(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : (int)sendto(fd, "early", 5, MSG_FASTOPEN | MSG_NOSIGNAL, (void *)&to4, sizeof(to4));
}

static int datagram(int family, int connected, int segments)
{
	static char data[4000];
	socklen_t length;
	const struct sockaddr *to = address_of(family, &length);
	int fd = make(family, SOCK_DGRAM, 0), size = 1000;

	if (fd < 0)
		return -1;
	if (segments && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0)
		return -1;
	if (!connected)
		return (int)sendto(fd, data, segments ? sizeof(data) : 16, 0, to, length);
	return connect(fd, to, length) < 0 ? -1 : (int)send(fd, data, segments ? sizeof(data) : 16, 0);
}

static int udp4(void) { return datagram(AF_INET, 0, 0); }
static int udp6(void) { return datagram(AF_INET6, 0, 0); }
static int udp4_connected(void) { return datagram(AF_INET, 1, 0); }
static int udp6_connected(void) { return datagram(AF_INET6, 1, 0); }
static int udp_segments(void) { return datagram(AF_INET, 0, 1); }

static int udp_mapped(void)
{
	int fd = make(AF_INET6, SOCK_DGRAM, 0);

	return fd < 0 ? -1 : (int)sendto(fd, "hello", 5, 0, (void *)&mapped, sizeof(mapped));
}

// To the host alone: a raw IPv6 socket takes a port for a protocol.
static int to_host(int fd, int family, const void *data, size_t bytes)
{
	struct sockaddr_in6 host = to6;

	host.sin6_port = 0;
	if (family == AF_INET)
		return (int)sendto(fd, data, bytes, 0, (void *)&to4, sizeof(to4));
	return (int)sendto(fd, data, bytes, 0, (void *)&host, sizeof(host));
}

static int echo(int family, int type)
{
	unsigned char request[16] = { family == AF_INET ? 8 : 128 };
	unsigned sum = request[0] << 8;
	int fd = make(family, type, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	request[2] = ~sum >> 8;
	request[3] = ~sum;
	return fd < 0 ? -1 : to_host(fd, family, request, sizeof(request));
}

static int ping4(void) { return echo(AF_INET, SOCK_DGRAM); }
static int ping6(void) { return echo(AF_INET6, SOCK_DGRAM); }
static int raw_ping4(void) { return echo(AF_INET, SOCK_RAW); }
static int raw_ping6(void) { return echo(AF_INET6, SOCK_RAW); }

// UDP written by hand into a raw socket.
static int raw_udp(int family)
{
	struct udphdr udp = { .uh_sport = htons(5555), .uh_dport = to4.sin_port, .uh_ulen = htons(sizeof(udp)) };
	int fd = make(family, SOCK_RAW, IPPROTO_UDP);

	return fd < 0 ? -1 : to_host(fd, family, &udp, sizeof(udp));
}

static int raw_udp4(void) { return raw_udp(AF_INET); }
static int raw_udp6(void) { return raw_udp(AF_INET6); }

// The whole packet written by hand, the IP header too: a SYN.
static int raw_packet(void)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .tot_len = htons(sizeof(packet)) } };
	int fd = make(AF_INET, SOCK_RAW, IPPROTO_RAW);

	packet.ip.daddr = to4.sin_addr.s_addr;
	packet.tcp.th_sport = htons(5555);
	packet.tcp.th_dport = to4.sin_port;
	packet.tcp.th_off = 5;
	packet.tcp.th_flags = TH_SYN;
	return fd < 0 ? -1 : (int)sendto(fd, &packet, sizeof(packet), 0, (void *)&to4, sizeof(to4));
}

// One operation through io_uring, on a ring of one entry. Fails with EINPROGRESS where it came to nothing yet.
static int through_ring(int operation, int fd, const void *what, unsigned length, unsigned long offset)
{
	static struct io_uring_params p;
	static struct io_uring_sqe *entry;
	static char *rings;
	static int ring;
	static unsigned long long number;
	struct io_uring_cqe *done;
	unsigned *head, *tail;
	int result = -EINPROGRESS;

	if (!rings) {
		ring = (int)syscall(SYS_io_uring_setup, 1, &p);
		if (ring < 0)
			return -1;
		rings = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(*done) + p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
		entry = mmap(0, sizeof(*entry), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
		if (rings == MAP_FAILED || entry == MAP_FAILED)
			return -1;
	}
	memset(entry, 0, sizeof(*entry));
	entry->opcode = operation;
	entry->fd = fd;
	entry->addr = (unsigned long)what;
	entry->len = length;
	entry->off = offset;
	entry->user_data = ++number;
	*(unsigned *)(rings + p.sq_off.array) = 0;
	__atomic_add_fetch((unsigned *)(rings + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 0, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -1;
	head = (unsigned *)(rings + p.cq_off.head);
	tail = (unsigned *)(rings + p.cq_off.tail);
	// What an earlier one came to in the end is of no interest.
	for (; *head != __atomic_load_n(tail, __ATOMIC_ACQUIRE); __atomic_add_fetch(head, 1, __ATOMIC_RELEASE)) {
		done = (struct io_uring_cqe *)(rings + p.cq_off.cqes) + (*head & (p.cq_entries - 1));
		if (done->user_data == number)
			result = done->res;
	}
	errno = result < 0 ? -result : 0;
	return errno ? -1 : 0;
}

static int ring_tcp4(void)
{
	int fd = make(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : through_ring(IORING_OP_CONNECT, fd, &to4, 0, sizeof(to4));
}

static int ring_udp4(void)
{
	int fd = make(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (void *)&to4, sizeof(to4)) < 0)
		return -1;
	return through_ring(IORING_OP_SEND, fd, "hello", 5, 0);
}

static struct kind {
	const char *name;
	int (*attempt)(void);
	unsigned long made, refused, taken, failed;
	int errno_, wanted;
} kinds[] = {
	{ "tcp4", tcp4 },
	{ "tcp6", tcp6 },
	{ "tcpMapped", tcp_mapped },
	{ "tfo4", tfo4 },
	{ "mptcp4", mptcp4 },
	{ "udp4", udp4 },
	{ "udp6", udp6 },
	{ "udp4Connected", udp4_connected },
	{ "udp6Connected", udp6_connected },
	{ "udpMapped", udp_mapped },
	{ "udpSegments", udp_segments },
	{ "ping4", ping4 },
	{ "ping6", ping6 },
	{ "rawPing4", raw_ping4 },
	{ "rawPing6", raw_ping6 },
	{ "rawUdp4", raw_udp4 },
	{ "rawUdp6", raw_udp6 },
	{ "rawPacket", raw_packet },
	{ "ringTcp4", ring_tcp4 },
	{ "ringUdp4", ring_udp4 },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static void attempt(struct kind *kind)
{
	int result = kind->attempt();

	kind->made++;
	if (result >= 0 || errno == EINPROGRESS) {
		kind->taken++;
	} else if (errno == ECONNREFUSED || errno == EPERM || errno == ENOBUFS) {
		kind->refused++;
	} else {
		kind->failed++;
		kind->errno_ = errno;
	}
}

int main(int argc, char **argv)
{
	unsigned long count;
	const char *separator = "{";

	if (argc < 5)
		return 2;
	count = strtoul(argv[1], 0, 10);
	to4.sin_family = AF_INET;
	to6.sin6_family = mapped.sin6_family = AF_INET6;
	if (inet_pton(AF_INET, argv[2], &to4.sin_addr) != 1 || inet_pton(AF_INET6, argv[3], &to6.sin6_addr) != 1)
		return 2;
	to4.sin_port = to6.sin6_port = mapped.sin6_port = htons(atoi(argv[4]));
	memset(mapped.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(mapped.sin6_addr.s6_addr + 12, &to4.sin_addr, 4);
	for (unsigned i = 0; i < KINDS; i++) {
		kinds[i].wanted = argc == 5;
		for (int given = 5; given < argc; given++)
			kinds[i].wanted |= !strcmp(argv[given], kinds[i].name);
	}
	for (unsigned long done = 0, at = 0; done < count; at++) {
		if (at == KINDS && !done)
			return 2; // no such kind
		if (!kinds[at % KINDS].wanted)
			continue;
		attempt(&kinds[at % KINDS]);
		done++;
	}
	for (unsigned i = 0; i < KINDS; i++) {
		struct kind *k = &kinds[i];

		if (!k->made)
			continue;
		printf("%s\"%s\":{\"made\":%lu,\"refused\":%lu,\"taken\":%lu,\"failed\":%lu,\"errno\":%d}", separator, k->name, k->made,
		       k->refused, k->taken, k->failed, k->errno_);
		separator = ",";
	}
	puts("}");
	return 0;
}
