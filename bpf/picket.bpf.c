// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hooks, in the order in which a connection meets them. Attached to guarded cgroups only; every hook sees only sockets
 * that were made inside one.
 *
 *   sock_create       storage on every socket, before the app has the descriptor
 *   connect4/6        TCP: allow, refuse at once, or hold. Datagrams: remember who calls
 *   sendmsg4/6        unconnected datagrams: remember who calls
 *   egress            keeps held packets back and hands them to the helper; refuses blocked ones; counts
 *   ingress           counts
 *   sock_ops          held TCP only: quick SYN retransmission, true initial window, end of the attempt
 *   sock_release      the socket is gone
 *   dump_traffic      bytes of live connections, when the helper asks
 *
 * A hold is a drop plus a copy in the ring buffer; the helper re-sends the copy after the verdict (docs/architecture.md).
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"
#include "picket.h"
#include "maps.bpf.h"
#include "identity.bpf.h"
#include "policy.bpf.h"
#include "packet.bpf.h"
#include "record.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define SOCK_STREAM 1
#define SOL_TCP 6
#define TCP_SYNCNT 7
#define ECONNREFUSED 111

/* Return values of a connect hook and of egress. */
#define REFUSE 0
#define PROCEED 1
#define DROP_QUIETLY 2 /* egress: the packet is gone, send() succeeds */

/* Held SYNs retransmit up to this often: with the quick first time-outs the attempt outlives a slow human (~25 minutes). */
#define HELD_SYN_RETRIES 20
/* Retransmissions left to a flow after it was released. */
#define RELEASED_SYN_RETRIES 3
#define INITIAL_WINDOW 10 /* RFC 6928, and the kernel's TCP_INIT_CWND */

/* What sock_ops is told of while a TCP flow is held. */
#define HELD_CALLBACKS (BPF_SOCK_OPS_STATE_CB_FLAG | BPF_SOCK_OPS_RTO_CB_FLAG)

/* What one held datagram flow may keep in the helper. */
#define HELD_DATAGRAMS 64
#define HELD_BYTES (256 * 1024)

static __always_inline struct socket_state *state_of(struct bpf_sock *sk)
{
	return bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
}

SEC("cgroup/sock_create")
int on_create(struct bpf_sock *sk)
{
	struct socket_state *state = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!state) {
		count(COUNTER_NO_STORAGE);
		return REFUSE;
	}
	state->flow.cookie = bpf_get_socket_cookie(sk);
	state->netns = bpf_get_netns_cookie(sk);
	identify(state);
	return PROCEED;
}

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

static __always_inline int start_tcp(struct bpf_sock_addr *ctx, struct socket_state *state, __u8 *address)
{
	struct flow_key *flow = &state->flow;
	int retries = HELD_SYN_RETRIES;
	__u32 rule = 0, action;

	__builtin_memcpy(flow->address, address, sizeof(flow->address));
	name_loopback(flow->address);
	flow->port = bpf_ntohs(ctx->user_port);
	flow->protocol = IPPROTO_TCP;
	flow->attempt++;
	state->held_once = 0;
	state->bytes_out = 0;
	state->bytes_in = 0;
	action = look_up(app_of(state), flow, &rule);
	state->rule = rule;
	if (action == ACTION_ALLOW) {
		state->state = FLOW_ALLOWED;
		count(COUNTER_ALLOWED);
		TELL(state, flow, RECORD_DECIDED, FLOW_ALLOWED, rule, 0);
		return PROCEED;
	}
	if (action == ACTION_BLOCK) {
		state->state = FLOW_BLOCKED;
		count(COUNTER_BLOCKED);
		TELL(state, flow, RECORD_DECIDED, FLOW_BLOCKED, rule, 0);
		state->state = FLOW_IDLE; /* nothing was sent: the app may connect elsewhere, or listen */
		bpf_set_retval(-ECONNREFUSED);
		return REFUSE;
	}
	state->state = FLOW_HELD;
	state->held_once = 1;
	bpf_setsockopt(ctx, SOL_TCP, TCP_SYNCNT, &retries, sizeof(retries));
	return PROCEED;
}

static __always_inline struct socket_state *caller_state(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct socket_state *state = sk ? state_of(sk) : 0;

	if (!state) {
		count(COUNTER_NO_STORAGE);
		return 0;
	}
	/* A socket older than the guard; egress may have met it before and knows no namespace. */
	if (!state->flow.cookie)
		state->flow.cookie = bpf_get_socket_cookie(ctx);
	if (!state->netns)
		state->netns = bpf_get_netns_cookie(ctx);
	identify(state);
	return state;
}

static __always_inline int connecting(struct bpf_sock_addr *ctx, __u8 *address)
{
	struct socket_state *state = caller_state(ctx);

	if (!state)
		return REFUSE;
	/* Programs probe routes with connect() on a datagram socket (getaddrinfo, sshd): it sends nothing and is never refused. */
	if (state->state == FLOW_EXEMPT || ctx->type != SOCK_STREAM || ctx->protocol != IPPROTO_TCP)
		return PROCEED;
	return start_tcp(ctx, state, address);
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr *ctx)
{
	__u8 address[16];

	map_ipv4(address, ctx->user_ip4);
	return connecting(ctx, address);
}

SEC("cgroup/connect6")
int on_connect6(struct bpf_sock_addr *ctx)
{
	__u32 address[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };

	return connecting(ctx, (__u8 *)address);
}

SEC("cgroup/sendmsg4")
int on_sendmsg4(struct bpf_sock_addr *ctx)
{
	return caller_state(ctx) ? PROCEED : REFUSE;
}

SEC("cgroup/sendmsg6")
int on_sendmsg6(struct bpf_sock_addr *ctx)
{
	return caller_state(ctx) ? PROCEED : REFUSE;
}

static __always_inline int egress_tcp(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key *flow = &state->flow;
	__u32 rule = 0, action = ACTION_NONE;
	struct gate *gate;

	if (state->state == FLOW_IDLE) {
		/* Accepted and listening sockets never send a bare SYN. One that does was connected past our hooks. */
		if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN) {
			state->bytes_out += wire_bytes(skb, p);
			return PROCEED;
		}
		__builtin_memcpy(flow->address, p->remote, sizeof(flow->address));
		flow->port = p->remote_port;
		flow->protocol = IPPROTO_TCP;
		flow->attempt++;
		state->state = FLOW_HELD;
		state->held_once = 1;
	}
	if (state->state == FLOW_HELD) {
		gate = bpf_map_lookup_elem(&gates, flow);
		if (gate && (gate->state == FLOW_ALLOWED || gate->state == FLOW_BLOCKED)) {
			state->state = gate->state;
			state->rule = gate->rule;
		} else {
			/* A rule may have come since the last packet, from a helper that then died before it told this flow. */
			action = look_up(app_of(state), flow, &rule);
			if (action == ACTION_ALLOW || action == ACTION_BLOCK) {
				state->state = action == ACTION_ALLOW ? FLOW_ALLOWED : FLOW_BLOCKED;
				state->rule = rule;
				TELL(state, flow, RECORD_DECIDED, state->state, rule, 1);
			}
		}
		/* connect() still waits: the helper, once it is back, can refuse it at once. */
		if (state->state == FLOW_BLOCKED)
			capture(skb, sk, state, flow, p);
		if (state->state != FLOW_HELD)
			bpf_map_delete_elem(&held_syns, flow);
	}
	if (state->state == FLOW_ALLOWED) {
		state->bytes_out += wire_bytes(skb, p);
		return PROCEED;
	}
	if (state->state == FLOW_HELD) {
		keep_syn(skb, sk, state, flow, p);
		capture(skb, sk, state, flow, p);
	} else {
		count(COUNTER_REFUSED_PACKETS);
	}
	return REFUSE; /* 0, never 2: for TCP the kernel would retry each 500 ms and give up after 6 s */
}

static __always_inline int egress_datagram(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key flow = { .cookie = state->flow.cookie, .port = p->remote_port, .protocol = p->protocol };
	struct gate fresh = {}, *gate;
	__u32 rule = 0, action;

	__builtin_memcpy(flow.address, p->remote, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	if (gate && gate->state == FLOW_ALLOWED) {
		__sync_fetch_and_add(&gate->bytes_out, wire_bytes(skb, p));
		return PROCEED;
	}
	if (gate && gate->state == FLOW_BLOCKED) {
		count(COUNTER_REFUSED_PACKETS);
		return REFUSE;
	}
	action = look_up(app_of(state), &flow, &rule);
	if (!gate || action == ACTION_ALLOW || action == ACTION_BLOCK) {
		fresh.rule = rule;
		fresh.state = action == ACTION_ALLOW ? FLOW_ALLOWED : action == ACTION_BLOCK ? FLOW_BLOCKED : FLOW_HELD;
		fresh.bytes_out = action == ACTION_ALLOW ? wire_bytes(skb, p) : 0;
		bpf_map_update_elem(&gates, &flow, &fresh, BPF_ANY);
		state->has_gates = 1;
		if (fresh.state != FLOW_HELD) {
			count(action == ACTION_ALLOW ? COUNTER_ALLOWED : COUNTER_BLOCKED);
			TELL(state, &flow, RECORD_DECIDED, fresh.state, rule, gate != 0);
			return action == ACTION_ALLOW ? PROCEED : REFUSE;
		}
		gate = bpf_map_lookup_elem(&gates, &flow);
	}
	if (gate) {
		if (gate->captured >= HELD_DATAGRAMS || gate->captured_bytes >= HELD_BYTES) {
			count(COUNTER_OVER_BUDGET);
			return DROP_QUIETLY;
		}
		__sync_fetch_and_add(&gate->captured, 1);
		__sync_fetch_and_add(&gate->captured_bytes, skb->len);
	}
	capture(skb, sk, state, &flow, p);
	return DROP_QUIETLY;
}

/* A raw socket may say TCP as well; its segments are datagrams to us. */
static __always_inline int is_connection(struct bpf_sock *sk)
{
	return sk->type == SOCK_STREAM && sk->protocol == IPPROTO_TCP;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct socket_state *state;
	struct packet p = {};

	if (!sk)
		return PROCEED; /* not a socket's packet */
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return PROCEED; /* handshake or time-wait stub: it carries no data of the app */
	state = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (!state) {
		state = state_of(sk);
		if (!state) {
			count(COUNTER_NO_STORAGE);
			return REFUSE;
		}
		state->flow.cookie = bpf_get_socket_cookie(skb);
		count(COUNTER_PREEXISTING);
	}
	if (state->state == FLOW_EXEMPT)
		return PROCEED;
	if (parse(skb, 1, &p) < 0) {
		count(COUNTER_UNPARSED);
		return REFUSE;
	}
	if (is_connection(sk))
		return egress_tcp(skb, sk, state, &p);
	return egress_datagram(skb, sk, state, &p);
}

SEC("cgroup_skb/ingress")
int on_ingress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct socket_state *state;
	struct packet p = {};

	if (!sk)
		return PROCEED;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return PROCEED;
	state = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (!state || parse(skb, 0, &p) < 0)
		return PROCEED; /* ingress only counts so far */
	if (is_connection(sk)) {
		/* What arrives at a flow that was not released is our own refusal. */
		if (state->state == FLOW_HELD) {
			struct gate *gate = bpf_map_lookup_elem(&gates, &state->flow);

			if (!gate || gate->state != FLOW_ALLOWED)
				return PROCEED;
		}
		if (state->state != FLOW_BLOCKED)
			state->bytes_in += wire_bytes(skb, &p);
	} else if (state->has_gates) {
		struct flow_key flow = { .cookie = state->flow.cookie, .port = p.remote_port, .protocol = p.protocol };
		struct gate *gate;

		__builtin_memcpy(flow.address, p.remote, sizeof(flow.address));
		gate = bpf_map_lookup_elem(&gates, &flow);
		if (gate)
			__sync_fetch_and_add(&gate->bytes_in, wire_bytes(skb, &p));
	}
	return PROCEED;
}

static __always_inline void on_retransmit(struct bpf_sock_ops *ops, struct socket_state *state)
{
	int retries = ops->args[0] + RELEASED_SYN_RETRIES;

	/* Released, but the first packets were lost: give up when an ordinary attempt would, not after 25 minutes. */
	if (state->state == FLOW_ALLOWED && ops->state == BPF_TCP_SYN_SENT) {
		bpf_setsockopt(ops, SOL_TCP, TCP_SYNCNT, &retries, sizeof(retries));
		bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags & ~BPF_SOCK_OPS_RTO_CB_FLAG);
	}
}

static __always_inline void on_state(struct socket_state *state, __u32 from, __u32 to)
{
	if (from != BPF_TCP_SYN_SENT || to != BPF_TCP_CLOSE)
		return;
	TELL(state, &state->flow, RECORD_ENDED, state->state, state->rule, 1);
	bpf_map_delete_elem(&held_syns, &state->flow);
	state->state = FLOW_IDLE;
}

static __always_inline void on_established(struct bpf_sock_ops *ops, struct socket_state *state)
{
	int window = INITIAL_WINDOW;
	struct gate *gate;

	if (!state->held_once)
		return;
	/* The helper removes the gate once it hears of this; the next packet, which would have read it, may be far away. */
	gate = state->state == FLOW_HELD ? bpf_map_lookup_elem(&gates, &state->flow) : 0;
	if (gate && (gate->state == FLOW_ALLOWED || gate->state == FLOW_BLOCKED)) {
		state->state = gate->state;
		state->rule = gate->rule;
	}
	/* Several SYN retransmissions set the congestion window to 1; none was a sign of congestion. */
	bpf_setsockopt(ops, SOL_TCP, TCP_BPF_IW, &window, sizeof(window));
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags & ~HELD_CALLBACKS);
	bpf_map_delete_elem(&held_syns, &state->flow);
	TELL(state, &state->flow, RECORD_ESTABLISHED, state->state, state->rule, 1);
}

SEC("sockops")
int on_sock_ops(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct socket_state *state = sk ? bpf_sk_storage_get(&sockets, sk, 0, 0) : 0;
	struct config *c = settings();

	ops->reply = -1;
	if (!state || !c)
		return 1;
	switch (ops->op) {
	case BPF_SOCK_OPS_TIMEOUT_INIT:
		if (state->state == FLOW_HELD)
			ops->reply = c->hold_jiffies;
		break;
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		if (state->state == FLOW_HELD)
			bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | HELD_CALLBACKS);
		break;
	case BPF_SOCK_OPS_RTO_CB:
		on_retransmit(ops, state);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		on_state(state, ops->args[0], ops->args[1]);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		on_established(ops, state);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		/* A simultaneous open ends here as well (RFC 9293, 3.5): such a socket is no child of a listener. */
		if (state->flow.cookie == bpf_get_socket_cookie(ops)) {
			on_established(ops, state);
			break;
		}
		/* The storage was cloned from the listener; only the identity is the child's as well. */
		state->flow.cookie = bpf_get_socket_cookie(ops);
		state->state = FLOW_IDLE;
		state->bytes_out = 0;
		state->bytes_in = 0;
		break;
	}
	return 1;
}

SEC("cgroup/sock_release")
int on_release(struct bpf_sock *sk)
{
	struct socket_state *state = bpf_sk_storage_get(&sockets, sk, 0, 0);

	if (!state || state->state == FLOW_EXEMPT)
		return 1;
	if (state->held_once)
		bpf_map_delete_elem(&held_syns, &state->flow);
	if (state->state != FLOW_IDLE) {
		TELL(state, &state->flow, RECORD_ENDED, state->state, state->rule, state->state == FLOW_HELD);
		/* What an orphan still retransmits is asked about no more. */
		if (state->state == FLOW_HELD)
			state->state = FLOW_BLOCKED;
	} else if (state->has_gates) {
		/* Somebody may wait for one of its gates: the helper knows, the kernel does not. */
		TELL(state, &state->flow, RECORD_ENDED, FLOW_IDLE, 0, 1);
	}
	return 1;
}

SEC("iter/bpf_sk_storage_map")
int dump_traffic(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct socket_state *state = ctx->value;
	struct traffic traffic = {};

	if (!state || state->state == FLOW_IDLE || state->state == FLOW_EXEMPT)
		return 0;
	traffic.flow = state->flow;
	traffic.bytes_out = state->bytes_out;
	traffic.bytes_in = state->bytes_in;
	bpf_seq_write(ctx->meta->seq, &traffic, sizeof(traffic));
	return 0;
}
