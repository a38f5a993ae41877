/*
 * What a firewall in user space pays at least: takes every packet of NFQUEUE 0 in its network namespace and accepts it. It sees the
 * headers, as a firewall must. Prints "ready". Netlink messages by hand: linux/netfilter/nfnetlink_queue.h.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER_BYTES 128
#define RECEIVE_BYTES (8 * 1024 * 1024)

struct message {
	struct nlmsghdr header;
	struct nfgenmsg family;
	char attributes[64];
};

static struct message begin(int type)
{
	struct message m = { .family = { .version = NFNETLINK_V0 } };

	m.header.nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
	m.header.nlmsg_flags = NLM_F_REQUEST;
	m.header.nlmsg_len = NLMSG_LENGTH(sizeof(m.family));
	return m;
}

static void add(struct message *m, int type, const void *value, int bytes)
{
	struct nlattr *attribute = (void *)m + NLMSG_ALIGN(m->header.nlmsg_len);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + bytes;
	memcpy((void *)attribute + NLA_HDRLEN, value, bytes);
	m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + NLA_ALIGN(attribute->nla_len);
}

static void say(int fd, struct message *m)
{
	if (send(fd, m, m->header.nlmsg_len, 0) < 0)
		perror("netlink");
}

static void bind_queue(int fd)
{
	struct nfqnl_msg_config_cmd bind = { .command = NFQNL_CFG_CMD_BIND };
	struct nfqnl_msg_config_params copy = { .copy_mode = NFQNL_COPY_PACKET, .copy_range = htonl(HEADER_BYTES) };
	__be32 length = htonl(16384), gso = htonl(NFQA_CFG_F_GSO);
	struct message m = begin(NFQNL_MSG_CONFIG);

	add(&m, NFQA_CFG_CMD, &bind, sizeof(bind));
	say(fd, &m);
	m = begin(NFQNL_MSG_CONFIG);
	add(&m, NFQA_CFG_PARAMS, &copy, sizeof(copy));
	add(&m, NFQA_CFG_QUEUE_MAXLEN, &length, sizeof(length));
	/* Bulk data arrives unsegmented, or it would cost several times as much. */
	add(&m, NFQA_CFG_MASK, &gso, sizeof(gso));
	add(&m, NFQA_CFG_FLAGS, &gso, sizeof(gso));
	say(fd, &m);
}

static void accept_packet(int fd, struct nlmsghdr *header)
{
	struct nlattr *attribute = NLMSG_DATA(header) + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	int left = header->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct nfgenmsg)));

	while (left >= NLA_HDRLEN && attribute->nla_len >= NLA_HDRLEN) {
		if (attribute->nla_type == NFQA_PACKET_HDR) {
			struct nfqnl_msg_packet_hdr *packet = (void *)attribute + NLA_HDRLEN;
			struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(NF_ACCEPT), .id = packet->packet_id };
			struct message m = begin(NFQNL_MSG_VERDICT);

			add(&m, NFQA_VERDICT_HDR, &verdict, sizeof(verdict));
			say(fd, &m);
			return;
		}
		left -= NLA_ALIGN(attribute->nla_len);
		attribute = (void *)attribute + NLA_ALIGN(attribute->nla_len);
	}
}

int main(void)
{
	static char buffer[256 * 1024] __attribute__((aligned(8)));
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), room = RECEIVE_BYTES;

	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0) {
		perror("bind");
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	bind_queue(fd);
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t bytes = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *header = (void *)buffer;

		for (; bytes > 0 && NLMSG_OK(header, bytes); header = NLMSG_NEXT(header, bytes)) {
			if (header->nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
				accept_packet(fd, header);
			else if (header->nlmsg_type == NLMSG_ERROR)
				fprintf(stderr, "netlink error %d\n", ((struct nlmsgerr *)NLMSG_DATA(header))->error);
		}
	}
}
