/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what the programs need from a packet that starts at its IP header. */
#ifndef PICKET_PACKET_H
#define PICKET_PACKET_H

#define EXTENSION_HOP_BY_HOP 0
#define EXTENSION_ROUTING 43
#define EXTENSION_FRAGMENT 44
#define EXTENSION_DESTINATION 60
/* In 8-byte units, where a fragment's bytes belong: not 0 in all but the first (RFC 791, RFC 8200). */
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV6_FRAGMENT_OFFSET 0xfff8

/* Extension headers followed before the parser gives up: more are legal, nobody sends them. */
#define MAX_EXTENSIONS 4

#define UDP_BYTES 8
#define TCP_FLAG_BYTE 13
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* Every network namespace's loopback device has this number (LOOPBACK_IFINDEX in the kernel). */
#define LOOPBACK_DEVICE 1

struct packet {
	__u8 remote[16];    /* outgoing: what the app asked for, once translation.bpf.h has looked */
	__u8 source[16];    /* outgoing: what the app sent from, where it said so with the datagram */
	__u16 remote_port;
	__u16 local_port;
	__u8 protocol;
	__u8 tcp_flags;
	__u8 arriving;
	__u8 direction;	    /* of its flow */
	__u8 at_listener;   /* it came to a listener: its connection is still being made */
	__u16 asked_port;   /* of an inbound flow: the port that was asked for */
	__u16 family;	    /* 4 or 6 */
	__u32 header_bytes; /* IP and transport headers, for GSO accounting */
};

static __always_inline void map_ipv4(__u8 *address, __u32 ip4)
{
	__builtin_memset(address, 0, 10);
	address[10] = 0xff;
	address[11] = 0xff;
	__builtin_memcpy(address + 12, &ip4, 4);
}

static __always_inline int parse_transport(struct __sk_buff *skb, __u32 offset, int outgoing, struct packet *p)
{
	__u16 ports[2];

	p->remote_port = 0;
	p->local_port = 0;
	p->tcp_flags = 0;
	p->header_bytes = offset;
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		return 0;
	if (bpf_skb_load_bytes(skb, offset, ports, sizeof(ports)) < 0)
		return -1;
	p->remote_port = bpf_ntohs(outgoing ? ports[1] : ports[0]);
	p->local_port = bpf_ntohs(outgoing ? ports[0] : ports[1]);
	if (p->protocol == IPPROTO_TCP) {
		__u8 rest[2]; /* data offset, flags */

		if (bpf_skb_load_bytes(skb, offset + TCP_FLAG_BYTE - 1, rest, sizeof(rest)) < 0)
			return -1;
		p->tcp_flags = rest[1];
		p->header_bytes += (rest[0] >> 4) * 4;
	} else {
		p->header_bytes += UDP_BYTES;
	}
	return 0;
}

static __always_inline int parse_ipv4(struct __sk_buff *skb, int outgoing, struct packet *p)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) < 0)
		return -1;
	p->family = 4;
	p->protocol = ip.protocol;
	/* Options may route the packet somewhere else than it says (RFC 791, source routes). Only IGMP needs one (RFC 2236). */
	if (outgoing && ip.ihl > 5 && ip.protocol != IPPROTO_IGMP)
		return -1;
	/* The kernel fragments after egress and puts together before ingress: only raw sockets send fragments, and the later have no ports. */
	if (outgoing && (ip.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET)))
		return -1;
	map_ipv4(p->remote, outgoing ? ip.daddr : ip.saddr);
	return parse_transport(skb, ip.ihl * 4, outgoing, p);
}

static __always_inline int parse_ipv6(struct __sk_buff *skb, int outgoing, struct packet *p)
{
	struct ipv6hdr ip;
	__u32 offset = sizeof(ip);
	int i;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) < 0)
		return -1;
	p->family = 6;
	p->protocol = ip.nexthdr;
	__builtin_memcpy(p->remote, outgoing ? &ip.daddr : &ip.saddr, 16);
	for (i = 0; i < MAX_EXTENSIONS; i++) {
		__u8 extension[4]; /* next header, length in 8-byte units after the first; a fragment's offset */
		int fragment = p->protocol == EXTENSION_FRAGMENT;

		if (p->protocol != EXTENSION_HOP_BY_HOP && p->protocol != EXTENSION_ROUTING &&
		    p->protocol != EXTENSION_DESTINATION && !fragment)
			break;
		/* The same for IPv6 (RFC 8754): the header's destination is only the first stop. */
		if (outgoing && p->protocol == EXTENSION_ROUTING)
			return -1;
		if (bpf_skb_load_bytes(skb, offset, extension, sizeof(extension)) < 0)
			return -1;
		/* As with IPv4. The first fragment is of the protocol and to the port that it says. */
		if (outgoing && fragment && ((extension[2] << 8 | extension[3]) & IPV6_FRAGMENT_OFFSET))
			return -1;
		p->protocol = extension[0];
		offset += fragment ? 8 : (extension[1] + 1) * 8;
	}
	if (i == MAX_EXTENSIONS)
		return -1;
	return parse_transport(skb, offset, outgoing, p);
}

/*
 * Nearly every packet: IPv4 without options or IPv6 without extensions, TCP or UDP, its headers in the linear part of the buffer.
 * Read in place, which is three times as fast as copying them out piece by piece. Returns whether it was such a packet.
 */
static __always_inline int parse_plain(struct __sk_buff *skb, int outgoing, struct packet *p)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip4 = data;
	struct ipv6hdr *ip6 = data;
	__u8 *transport;
	__u32 offset;

	if (data + sizeof(*ip4) + UDP_BYTES > end)
		return 0;
	if (ip4->version == 4 && ip4->ihl == 5 && !(ip4->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET))) {
		offset = sizeof(*ip4);
		p->family = 4;
		p->protocol = ip4->protocol;
		map_ipv4(p->remote, outgoing ? ip4->daddr : ip4->saddr);
		transport = data + sizeof(*ip4);
	} else if (ip4->version == 6) {
		if (data + sizeof(*ip6) + UDP_BYTES > end)
			return 0;
		offset = sizeof(*ip6);
		p->family = 6;
		p->protocol = ip6->nexthdr;
		__builtin_memcpy(p->remote, outgoing ? &ip6->daddr : &ip6->saddr, 16);
		transport = data + sizeof(*ip6);
	} else {
		return 0;
	}
	p->remote_port = bpf_ntohs(((__u16 *)transport)[outgoing ? 1 : 0]);
	p->local_port = bpf_ntohs(((__u16 *)transport)[outgoing ? 0 : 1]);
	p->tcp_flags = 0;
	p->header_bytes = offset + UDP_BYTES;
	if (p->protocol == IPPROTO_UDP)
		return 1;
	if (p->protocol != IPPROTO_TCP || (void *)transport + TCP_FLAG_BYTE + 1 > end)
		return 0;
	p->tcp_flags = transport[TCP_FLAG_BYTE];
	p->header_bytes = offset + (transport[TCP_FLAG_BYTE - 1] >> 4) * 4;
	return 1;
}

/* `outgoing`: whether the remote is the destination or the source. Returns 0, or -1 for a packet it cannot read. */
static __always_inline int parse(struct __sk_buff *skb, int outgoing, struct packet *p)
{
	__u8 first;

	p->arriving = !outgoing;
	if (parse_plain(skb, outgoing, p))
		return 0;
	if (bpf_skb_load_bytes(skb, 0, &first, 1) < 0)
		return -1;
	if (first >> 4 == 4)
		return parse_ipv4(skb, outgoing, p);
	if (first >> 4 == 6)
		return parse_ipv6(skb, outgoing, p);
	return -1;
}

/* Bytes on the wire at IP level: a GSO packet repeats its headers for every segment. */
static __always_inline __u64 wire_bytes(struct __sk_buff *skb, __u32 header_bytes)
{
	__u32 segments = skb->gso_segs;

	return skb->len + (segments > 1 ? (__u64)(segments - 1) * header_bytes : 0);
}

#endif
