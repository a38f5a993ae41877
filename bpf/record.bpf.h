/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring-buffer records: held packets go to `events` and wake the helper, everything else to `journal`. */
#ifndef PICKET_RECORD_H
#define PICKET_RECORD_H

#define SOCK_STREAM 1
#define SOCK_RAW 3
#define SOCK_DGRAM 2

/* What the programs ask of a socket for every packet. A socket stays what it was made as. */
enum socket_kind {
	KIND_UNKNOWN = 0,
	KIND_CONNECTION = 1, /* TCP. A raw socket may say TCP as well; its segments are datagrams to us */
	KIND_DATAGRAM = 2,
	KIND_OTHER = 3,
};

/* bpf_ringbuf_reserve wants constant sizes: a SYN, an Ethernet-sized datagram, the largest IP packet. */
#define PACKET_SMALL HELD_SYN_BYTES
#define PACKET_MEDIUM 2048
#define PACKET_LARGE 65536

/* Journal bytes waiting before the helper is woken early instead of at its own pace, and again after each so many more (a power of two). */
#define JOURNAL_WAKE (1024 * 1024)
#define JOURNAL_WAKE_AGAIN (64 * 1024)

static __always_inline void fill(struct record *r, __u8 type, struct socket_state *state, struct flow_key *flow)
{
	__builtin_memset(r, 0, sizeof(*r));
	r->abi = PICKET_ABI;
	r->type = type;
	r->time = bpf_ktime_get_ns();
	r->flow = *flow;
	r->process = state->process;
	r->app = state->app;
	r->netns = state->netns;
	r->errors_wanted = state->errors_wanted & ~state->errors_given;
	r->bytes_out = state->bytes_out;
	r->bytes_in = state->bytes_in;
}

/* What the journal says of a flow. `urgent`: somebody may wait for it (a prompt shows the attempt as alive). */
struct news {
	__u32 type;
	__u32 state;
	__u32 rule;
	__u32 urgent;
	__u16 local_port; /* of an inbound flow */
	__u16 direction;
};

/* Whether the helper waits to be woken. Asked behind the record's reservation: the helper looks for one after it said so. */
static __always_inline int is_asleep(void)
{
	__u32 which = NOTICE_ASLEEP, *asleep = bpf_map_lookup_elem(&notices, &which);

	if (!asleep || !*asleep)
		return 0;
	*asleep = 0;
	return 1;
}

__noinline int write_news(struct socket_state *state, struct flow_key *flow, struct news *news)
{
	struct record *r;
	__u64 wake = BPF_RB_NO_WAKEUP, waiting;

	if (!state || !flow || !news)
		return 0;
	r = bpf_ringbuf_reserve(&journal, sizeof(*r), 0);
	if (!r) {
		count(COUNTER_LOG_FULL);
		return 0;
	}
	fill(r, news->type, state, flow);
	r->state = news->state;
	r->rule = news->rule;
	r->direction = news->direction;
	r->local_port = news->local_port;
	waiting = bpf_ringbuf_query(&journal, BPF_RB_AVAIL_DATA);
	/* Not for every record: to wake costs the app more than the whole look-up. */
	if (news->urgent || is_asleep() || (waiting > JOURNAL_WAKE && (waiting & (JOURNAL_WAKE_AGAIN - 1)) < 2 * sizeof(*r)))
		wake = BPF_RB_FORCE_WAKEUP;
	bpf_ringbuf_submit(r, wake);
	return 0;
}

/* Of a connection, whose socket knows the direction; of datagrams their gate does. */
#define TELL(socket, flow, ...)                                                                                                 \
	do {                                                                                                                    \
		struct news news = { __VA_ARGS__, .local_port = (socket)->local_port, .direction = (socket)->direction };       \
		write_news(socket, flow, &news);                                                                                \
	} while (0)

static __always_inline void fill_held(struct record *r, struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state,
				      struct flow_key *flow, struct packet *p)
{
	fill(r, RECORD_HELD, state, flow);
	r->state = state->state == FLOW_BLOCKED ? FLOW_BLOCKED : FLOW_HELD;
	r->family = p->family;
	r->packet_bytes = skb->len;
	r->segment_bytes = skb->gso_size;
	r->packet_mark = skb->mark;
	r->mark = sk->mark;
	/* What arrives brings its own mark, which an accepted socket may take over (net.ipv4.tcp_fwmark_accept). */
	if (p->arriving)
		r->mark = r->packet_mark; /* not skb->mark: the compiler would choose between two pointers into kernel structs */
	r->arriving = p->arriving;
	r->at_listener = p->at_listener;
	r->direction = p->direction;
	r->local_port = p->asked_port;
	r->priority = sk->priority;
	r->interface = sk->bound_dev_if;
	r->out_interface = skb->ifindex;
	r->socket_uid = bpf_get_socket_uid(skb);
	r->socket_cgroup = bpf_skb_cgroup_id(skb);
	/* Egress runs after SNAT: the socket still knows the source it bound, the call the one it named. Zero when there is none. */
	if (sk->type == SOCK_STREAM || sk->type == SOCK_DGRAM) /* a raw socket's "port" is its protocol */
		r->source_port = sk->src_port;
	if (p->family == 4 && sk->src_ip4) {
		map_ipv4(r->source, sk->src_ip4);
	} else if (p->family == 6 && (sk->src_ip6[0] | sk->src_ip6[1] | sk->src_ip6[2] | sk->src_ip6[3])) {
		__u32 source[4] = { sk->src_ip6[0], sk->src_ip6[1], sk->src_ip6[2], sk->src_ip6[3] };
		__builtin_memcpy(r->source, source, sizeof(source));
	} else {
		__builtin_memcpy(r->source, p->source, sizeof(r->source));
	}
}

/*
 * Copies the packet where it fits. bpf_skb_load_bytes refuses a length that may be zero or too large, and the verifier must see
 * both bounds right here: Linux 6.1 forgets those of a 32-bit value that the compiler kept on the stack meanwhile ("invalid access
 * to memory"), newer kernels do not. The empty asm makes the compiler compare anew, and once for each bound: a combined comparison
 * is of another value than the length, which 6.1 cannot follow.
 */
static __always_inline long copy_packet(struct __sk_buff *skb, void *to, __u32 bytes, __u32 room)
{
	asm volatile("" : "+r"(bytes));
	if (bytes < 20)
		return -1;
	asm volatile("" : "+r"(bytes));
	if (bytes > room)
		return -1;
	return bpf_skb_load_bytes(skb, 0, to, bytes);
}

#define CAPTURE(SIZE)                                                                                   \
	do {                                                                                            \
		struct {                                                                                \
			struct record record;                                                           \
			__u8 packet[SIZE];                                                              \
		} *r = bpf_ringbuf_reserve(&events, sizeof(struct record) + (SIZE), 0);                 \
		if (!r) {                                                                               \
			count(COUNTER_RING_FULL);                                                       \
			return 0;                                                                       \
		}                                                                                       \
		fill_held(&r->record, skb, sk, state, flow, p);                                         \
		if (copy_packet(skb, r->packet, bytes, SIZE) < 0) {                                     \
			bpf_ringbuf_discard(r, 0);                                                      \
			count(COUNTER_UNPARSED);                                                        \
			return 0;                                                                       \
		}                                                                                       \
		bpf_ringbuf_submit(r, 0);                                                               \
		return 1;                                                                               \
	} while (0)

/* What a new entry of `held_syns` starts from: it is too large for the stack. */
const volatile struct held_syn no_syn = {};

/* Keeps the newest SYN where a helper that starts anew finds it. Filled in place: only such a helper reads it. */
static __always_inline void keep_syn(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct flow_key *flow,
				     struct packet *p)
{
	struct held_syn *syn = bpf_map_lookup_elem(&held_syns, flow);
	__u32 bytes = skb->len;

	sk = bpf_sk_fullsock(sk);
	if (!sk || bytes < 20 || bytes > HELD_SYN_BYTES)
		return;
	if (!syn) {
		bpf_map_update_elem(&held_syns, flow, (const void *)&no_syn, BPF_ANY);
		syn = bpf_map_lookup_elem(&held_syns, flow);
	}
	if (!syn) {
		count(COUNTER_SYNS_FULL);
		return;
	}
	fill_held(&syn->record, skb, sk, state, flow, p);
	if (copy_packet(skb, syn->packet, bytes, HELD_SYN_BYTES) < 0)
		syn->record.packet_bytes = 0;
}

/* Hands a copy of the packet to the helper, and says whether it could. Otherwise it is simply not re-sent; the flow stays held. */
static __always_inline int capture(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct flow_key *flow,
				   struct packet *p)
{
	__u32 bytes = skb->len;

	count(COUNTER_HELD);
	sk = bpf_sk_fullsock(sk);
	if (!sk || bytes < 20)
		return 0;
	if (over_share(state, room_of(bytes, PACKET_SMALL, PACKET_MEDIUM, PACKET_LARGE) + sizeof(struct record))) {
		count(COUNTER_OVER_SHARE);
		return 0;
	}
	if (bytes <= PACKET_SMALL)
		CAPTURE(PACKET_SMALL);
	else if (bytes <= PACKET_MEDIUM)
		CAPTURE(PACKET_MEDIUM);
	else if (bytes <= PACKET_LARGE)
		CAPTURE(PACKET_LARGE);
	count(COUNTER_UNPARSED);
	return 0;
}

#endif
