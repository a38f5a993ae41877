/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Look-ups of guarded apps, copied to the helper as they pass: what is sent to port 53 of anybody and what comes from there. The answer is
 * in `names` before the app has it, so whoever judges the connection that follows can have read it. Nothing is parsed or decided here.
 */
#ifndef PICKET_NAMES_H
#define PICKET_NAMES_H


/* bpf_ringbuf_reserve wants constant sizes: most queries and answers, an Ethernet-sized segment, several segments joined by the kernel. */
#define LOOKUP_SMALL 512
#define LOOKUP_MEDIUM 2048
#define LOOKUP_LARGE 16384

/* Of the segment's first byte. Returns -1 behind IPv6 extension headers, where no resolver's answer is. */
static __always_inline int read_sequence(struct __sk_buff *skb, struct packet *p, __u32 *sequence)
{
	__u32 offset = 40;
	__u8 first;

	if (p->family == 4) {
		if (bpf_skb_load_bytes(skb, 0, &first, 1) < 0)
			return -1;
		offset = (first & 15) * 4;
	} else if (bpf_skb_load_bytes(skb, 6, &first, 1) < 0 || first != IPPROTO_TCP) {
		return -1;
	}
	if (bpf_skb_load_bytes(skb, offset + 4, sequence, sizeof(*sequence)) < 0)
		return -1;
	*sequence = bpf_ntohl(*sequence);
	return 0;
}

static __always_inline void fill_lookup(struct lookup *l, struct socket_state *state, struct packet *p, __u32 sequence, __u32 bytes)
{
	int connection = state->flow.protocol == IPPROTO_TCP && p->protocol == IPPROTO_TCP;

	__builtin_memset(l, 0, sizeof(*l));
	l->abi = PICKET_ABI;
	l->protocol = p->protocol;
	l->arriving = p->arriving;
	l->opens = p->protocol == IPPROTO_TCP && (p->tcp_flags & TCP_SYN);
	l->remote_port = p->remote_port;
	l->local_port = p->local_port;
	l->time = bpf_ktime_get_ns();
	l->cookie = state->flow.cookie;
	l->netns = state->netns;
	/* Outgoing segments are seen behind translation; the socket knows whom the app asked. */
	__builtin_memcpy(l->remote, connection ? state->flow.address : p->remote, sizeof(l->remote));
	l->exe = state->process.exe;
	l->process = key_of(&state->process);
	l->pid = state->process.pid;
	l->uid = state->process.uid;
	l->app = state->app;
	l->attempt = connection ? state->flow.attempt : 0;
	l->sequence = sequence;
	l->bytes = bytes;
}

/*
 * Copies what is behind the headers: 1 to `room` bytes, a power of two. bpf_skb_load_bytes refuses a length that may be zero or too large,
 * and Linux 6.1 learns nothing from a comparison with zero: the mask says both, where the compiler cannot see that it changes nothing.
 */
static __always_inline long copy_payload(struct __sk_buff *skb, __u32 offset, void *to, __u32 bytes, __u32 room)
{
	asm volatile("" : "+r"(bytes));
	return bpf_skb_load_bytes(skb, offset, to, ((bytes - 1) & (room - 1)) + 1);
}

#define COPY_LOOKUP(SIZE)                                                                                                \
	do {                                                                                                             \
		struct {                                                                                                 \
			struct lookup lookup;                                                                            \
			__u8 payload[SIZE];                                                                              \
		} *r = bpf_ringbuf_reserve(&names, sizeof(struct lookup) + (SIZE), 0);                                   \
		if (!r) {                                                                                                \
			count(COUNTER_NAMES_LOST);                                                                       \
			return 0;                                                                                        \
		}                                                                                                        \
		fill_lookup(&r->lookup, state, p, sequence, bytes);                                                      \
		if (bytes && copy_payload(skb, p->header_bytes, r->payload, bytes, SIZE) < 0) {                          \
			bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);                                                        \
			count(COUNTER_NAMES_LOST);                                                                       \
			return 0;                                                                                        \
		}                                                                                                        \
		bpf_ringbuf_submit(r, wake);                                                                             \
	} while (0)

/*
 * Global, for a stack of its own and to be checked once. A query alone changes nothing: it is read with its answer, which wakes the helper,
 * or when there are many. Not by the kernel's own estimate of who is asleep: that is wrong once a record was written without waking.
 */
__noinline int copy_lookup(struct __sk_buff *skb, struct socket_state *state, struct packet *p)
{
	__u64 wake;
	__u32 bytes, room, sequence = 0;

	if (!state || !p)
		return 0;
	/* Queries that nobody answers must not use up their app's share. */
	wake = p->arriving || bpf_ringbuf_query(&names, BPF_RB_AVAIL_DATA) > NAMES_SHARE / 2 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	bytes = skb->len > p->header_bytes ? skb->len - p->header_bytes : 0;
	if (p->protocol == IPPROTO_TCP) {
		/* The first of either side tells where its bytes begin; acknowledgements alone tell nothing. */
		if ((!bytes && !(p->tcp_flags & TCP_SYN)) || read_sequence(skb, p, &sequence) < 0)
			return 0;
	} else if (!bytes) {
		return 0;
	}
	room = room_of(bytes, LOOKUP_SMALL, LOOKUP_MEDIUM, LOOKUP_LARGE);
	if (over_share_of(&names, &name_shares, state, room + sizeof(struct lookup), NAMES_SHARE)) {
		count(COUNTER_NAMES_LOST);
		return 0;
	}
	if (bytes <= LOOKUP_SMALL) {
		COPY_LOOKUP(LOOKUP_SMALL);
	} else if (bytes <= LOOKUP_MEDIUM) {
		COPY_LOOKUP(LOOKUP_MEDIUM);
	} else if (bytes <= LOOKUP_LARGE) {
		COPY_LOOKUP(LOOKUP_LARGE);
	} else {
		count(COUNTER_NAMES_LOST);
		return 0;
	}
	/* Only now that it is in the ring, and before the app has it: the helper has read it when it is past this. */
	if (p->arriving && bytes) {
		if (bpf_ringbuf_query(&names, BPF_RB_CONS_POS) >= answers_end)
			unread_since = bpf_ktime_get_ns();
		answers_end = bpf_ringbuf_query(&names, BPF_RB_PROD_POS);
	}
	return 0;
}

#endif
