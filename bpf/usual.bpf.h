/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way that nearly every packet takes: of a connection that is let go, and of a datagram socket that was connected once and sends
 * there. It is the same verdict that the long way found before, under the same policy, and no table is asked for it.
 */
#ifndef PICKET_USUAL_H
#define PICKET_USUAL_H

/* So many datagrams go the short way before the long one is gone again: the gate hears of their bytes, and is not the least recently used. */
#define USUAL_DATAGRAMS 64

/* What is in the headers of a packet that parse_plain() could read, and no more of it than is asked for: the rest costs nothing. */
struct headers {
	__u64 remote[2];
	__u16 remote_port;
	__u32 bytes;
};

/* Returns 0 for whatever is not of the protocol, or takes more than a glance. */
static __always_inline int glance(struct __sk_buff *skb, int outgoing, __u8 protocol, struct headers *h)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip4 = data;
	struct ipv6hdr *ip6 = data;
	__u8 *transport;

	if (data + sizeof(*ip4) + TCP_FLAG_BYTE > end)
		return 0;
	if (ip4->version == 4) {
		if (ip4->ihl != 5 || ip4->protocol != protocol || (ip4->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET)))
			return 0;
		h->remote[0] = 0;
		h->remote[1] = ((__u64)(outgoing ? ip4->daddr : ip4->saddr) << 32) | bpf_htonl(0x0000ffff);
		h->bytes = sizeof(*ip4);
		transport = data + sizeof(*ip4);
	} else {
		if (ip4->version != 6 || data + sizeof(*ip6) + TCP_FLAG_BYTE > end || ip6->nexthdr != protocol)
			return 0;
		__builtin_memcpy(h->remote, outgoing ? &ip6->daddr : &ip6->saddr, 16);
		h->bytes = sizeof(*ip6);
		transport = data + sizeof(*ip6);
	}
	/* The long way refuses it (leads_astray). */
	if (outgoing && is_loopback((__u8 *)h->remote) && skb->ifindex != LOOPBACK_DEVICE)
		return 0;
	h->remote_port = bpf_ntohs(((__u16 *)transport)[outgoing ? 1 : 0]);
	h->bytes += protocol == IPPROTO_TCP ? (transport[TCP_FLAG_BYTE - 1] >> 4) * 4 : UDP_BYTES;
	return 1;
}

/* Bytes on the wire of a packet of a connection that goes on as it did; 0 when the long way must tell. */
static __always_inline __u64 goes_on(struct __sk_buff *skb, struct socket_state *state, int outgoing)
{
	struct headers h;

	if (state->kind != KIND_CONNECTION || state->state != FLOW_ALLOWED || state->generation != generation() || state->foreign)
		return 0;
	if (!glance(skb, outgoing, IPPROTO_TCP, &h) || h.remote_port == DNS_PORT)
		return 0;
	return wire_bytes(skb, h.bytes);
}

/* Whether the socket can only send where it is connected to: it was connected once, and nobody named another address. */
static __always_inline int has_one_remote(struct socket_state *state)
{
	return state->asked.connects == 1 && !state->asked.named && !state->asked.check && !state->foreign;
}

/* Whether a datagram goes where the one before it went. Several threads may send: what they lose of `left` is only a longer way. */
static __always_inline int goes_again(struct __sk_buff *skb, struct socket_state *state)
{
	struct usual *usual = &state->usual;
	__u64 remote[2];
	__u16 left = usual->left;
	struct headers h;

	if (!left || !has_one_remote(state) || usual->generation != generation() || usual->gates != notice(NOTICE_GATES))
		return 0;
	if (!glance(skb, 1, IPPROTO_UDP, &h) || h.remote_port != usual->port)
		return 0;
	__builtin_memcpy(remote, usual->address, sizeof(remote));
	if (h.remote[0] != remote[0] || h.remote[1] != remote[1])
		return 0;
	usual->left = left - 1;
	__sync_fetch_and_add(&usual->bytes, wire_bytes(skb, h.bytes));
	return 1;
}

/*
 * After the long way: the next ones may go the short one. Such a socket has one remote, so that two threads write the same. A person's
 * answer may be for nobody but this flow, and is asked for each time. `gates`: as they were before the gate was looked at.
 */
static __always_inline void remember_usual(struct socket_state *state, struct gate *gate, struct packet *p, __u32 gates)
{
	struct usual *usual = &state->usual;

	if (!has_one_remote(state) || gate->answered || p->remote_port == DNS_PORT)
		return;
	if (usual->port && !(usual->port == p->remote_port && same_address(usual->address, p->remote)))
		return;
	__builtin_memcpy(usual->address, p->remote, sizeof(usual->address));
	usual->port = p->remote_port;
	usual->generation = gate->generation;
	usual->gates = gates;
	usual->left = USUAL_DATAGRAMS;
}

/* Tells the gate what went the short way. */
__noinline int settle_usual(struct socket_state *state)
{
	struct flow_key flow = { .protocol = IPPROTO_UDP };
	struct gate *gate;
	__u64 bytes;

	if (!state || !state->usual.bytes)
		return 0;
	flow.cookie = state->flow.cookie;
	flow.port = state->usual.port;
	__builtin_memcpy(flow.address, state->usual.address, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	bytes = state->usual.bytes;
	__sync_fetch_and_add(&state->usual.bytes, -bytes);
	if (gate)
		__sync_fetch_and_add(&gate->bytes_out, bytes);
	return 0;
}

#endif
