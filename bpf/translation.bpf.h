/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an app asked for, where netfilter made something else of it (DNAT in OUTPUT) before egress sees the datagram. TCP keeps it in
 * the socket's flow; a datagram socket may talk to many remotes from many threads, so the last call is remembered with its thread:
 * from there to egress a datagram never leaves its thread. Where it cannot be known which call a packet belongs to, the packet's own
 * destination is judged: a guess could be wider than the truth.
 */
#ifndef PICKET_TRANSLATION_H
#define PICKET_TRANSLATION_H

/* An unspecified destination means this host. */
static __always_inline void name_loopback(__u8 *address)
{
	__u64 high, low;

	__builtin_memcpy(&high, address, 8);
	__builtin_memcpy(&low, address + 8, 8);
	if (high)
		return;
	if (!low)
		address[15] = 1;
	else if (low == bpf_cpu_to_be64(0x0000ffff00000000ull))
		map_ipv4(address, bpf_htonl(0x7f000001));
}

static __always_inline int same_address(const __u8 *a, const __u8 *b)
{
	__u64 x[2], y[2];

	__builtin_memcpy(x, a, 16);
	__builtin_memcpy(y, b, 16);
	return x[0] == y[0] && x[1] == y[1];
}

/* Mixes the current thread with a destination; odd multipliers spread every bit upwards, shifts bring them down again. */
static __always_inline __u64 check_of(struct asked *asked)
{
	__u64 words[2], mixed = bpf_get_current_task();

	__builtin_memcpy(words, asked->address, 16);
	mixed = (mixed ^ words[0]) * 0x9e3779b97f4a7c15ull;
	mixed = (mixed ^ (mixed >> 32) ^ words[1]) * 0x9e3779b97f4a7c15ull;
	mixed = (mixed ^ (mixed >> 32) ^ asked->port) * 0x9e3779b97f4a7c15ull;
	return (mixed ^ (mixed >> 32)) | 1; /* 0 means nobody */
}

/*
 * sendmsg4/6: a datagram with its destination. What is corked (MSG_MORE) leaves in whichever thread pushes it, which may have named another
 * address since: once a call of another thread is on its way, packets of the socket say themselves where they go, for good.
 */
static __always_inline void remember_named(struct socket_state *state, __u8 *address, __u8 *source, __u16 port)
{
	struct asked *asked = &state->asked;
	/* What this very thread named before and never sent. */
	__u64 own = check_of(asked), before;

	__builtin_memcpy(asked->address, address, sizeof(asked->address));
	name_loopback(asked->address);
	__builtin_memcpy(asked->source, source, sizeof(asked->source));
	asked->port = port;
	asked->named = 1;
	/* In one step: of two threads at once, one sees the other's. */
	before = __sync_lock_test_and_set(&asked->check, check_of(asked));
	if (before && before != own)
		asked->shared = 1;
}

/* The socket can have been connected anew, or before the guard, while another thread sends. */
#define CONNECTS_UNKNOWN 2

static __always_inline void remember_connect(struct socket_state *state)
{
	if (state->asked.connects < CONNECTS_UNKNOWN)
		state->asked.connects++;
}

static __always_inline int is_remote(struct packet *p, const __u8 *address, __u16 port)
{
	return p->remote_port == port && same_address(p->remote, address);
}

static __always_inline void set_remote(struct packet *p, const __u8 *address, __u16 port)
{
	__builtin_memcpy(p->remote, address, sizeof(p->remote));
	p->remote_port = port;
}

/*
 * Puts what the app asked for in the place of the packet's remote. `p->source` comes as the address the socket is connected to, and
 * goes as the one the app sent from. A function of its own: its stack would not fit into on_egress's.
 */
__noinline int ask_caller(struct socket_state *state, struct packet *p, __u32 port)
{
	struct asked asked;
	__u8 connected[16];
	int once, known;

	if (!state || !p)
		return 0;
	asked = state->asked; /* a copy: other threads write it */
	__builtin_memcpy(connected, p->source, sizeof(connected));
	__builtin_memset(p->source, 0, sizeof(p->source));
	once = asked.connects == 1 && port && !asked.shared;
	known = asked.check && asked.check == check_of(&asked);
	if (known) {
		state->asked.check = 0; /* one call, one packet */
		/* Once a socket was connected, the call may be one that never sent, and the packet one of send(): they must agree. */
		if ((!asked.connects && !asked.shared) || (once && port == asked.port && same_address(connected, asked.address)))
			set_remote(p, asked.address, asked.port);
		if (is_remote(p, asked.address, asked.port))
			__builtin_memcpy(p->source, asked.source, sizeof(p->source));
	} else if (once && !asked.named) {
		set_remote(p, connected, port);
	}
	return 0;
}

/* Returns whether the datagram goes where its socket is connected to, and nobody said anything else. */
static __always_inline int before_translation(struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct asked *asked = &state->asked;
	__u16 port = bpf_ntohs(sk->dst_port);

	if (state->kind != KIND_DATAGRAM || p->protocol != IPPROTO_UDP)
		return 0;
	if (!asked->check && (asked->connects != 1 || asked->named || !port))
		return 0; /* nobody named an address, and what the socket is connected to need not be this call's */
	if (p->family == 4) {
		map_ipv4(p->source, sk->dst_ip4);
	} else {
		__u32 remote[4] = { sk->dst_ip6[0], sk->dst_ip6[1], sk->dst_ip6[2], sk->dst_ip6[3] };
		__builtin_memcpy(p->source, remote, sizeof(remote));
	}
	/* Nearly every packet of a connected socket: it goes where the socket is connected to. */
	if (!asked->check && is_remote(p, p->source, port)) {
		__builtin_memset(p->source, 0, sizeof(p->source));
		return 1;
	}
	ask_caller(state, p, port);
	return 0;
}

#endif
