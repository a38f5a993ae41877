// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hooks, in the order in which a connection meets them. Attached to guarded cgroups only; every hook sees only sockets
 * that were made inside one.
 *
 *   sock_create       storage on every socket, before the app has the descriptor
 *   bind4/6           which process's socket it is, and whether the app chose its port
 *   set/getsockopt    datagrams: errors are asked for, and not to be heard of while held
 *   connect4/6        TCP: allow, refuse at once, or hold. Datagrams: remember who calls
 *   sendmsg4/6        unconnected datagrams: remember who calls
 *   egress            keeps held packets back and hands them to the helper; refuses blocked ones; counts
 *   ingress           holds or drops what others begin; counts; refuses what was allowed once and is not any more
 *   sock_ops          held TCP: quick SYN retransmission, true initial window, end of the attempt; accepted TCP: a flow of its own
 *   sock_release      the socket is gone
 *   find_listeners    what listens, for the next
 *   adopt_sockets     sockets older than the guard, when a guard begins
 *   find_outside      sockets within the guard that no hook sees, when a person looks
 *   exec, fork, exit  how processes are started, on the whole machine
 *   dump_traffic      bytes of live connections, when the helper asks
 *   find_open         connections that go on, when a person ends some
 *   find_revoked      connections that a changed policy allows no more, when the helper asks
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
#include "share.bpf.h"
#include "identity.bpf.h"
#include "policy.bpf.h"
#include "packet.bpf.h"
#include "record.bpf.h"
#include "verdict.bpf.h"
#include "names.bpf.h"

#define SOL_TCP 6
#define AF_INET 2
#define AF_INET6 10
#define TCP_SYNCNT 7
#define ECONNREFUSED 111

/* Return values of a connect hook and of egress. */
#define REFUSE 0
#define PROCEED 1
#define DROP_QUIETLY 2 /* egress: the packet is gone, send() succeeds */

#include "translation.bpf.h"
#include "usual.bpf.h"
#include "outbound.bpf.h"
#include "inbound.bpf.h"
#include "lifecycle.bpf.h"
#include "iterators.bpf.h"
#include "adopt.bpf.h"
#include "launch.bpf.h"
#include "options.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline struct socket_state *state_of(struct bpf_sock *sk)
{
	return bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
}

static __always_inline void who_calls(struct socket_state *state)
{
	identify(state);
	if (!state->app && !app_of(state))
		announce(state);
}

/* MPTCP's subflows are made by the kernel, past sock_create: they are of the app whose socket they belong to. */
static __always_inline int inherit(struct bpf_sock *sk, struct socket_state *state)
{
	void *whole = bpf_skc_to_mptcp_sock(sk);
	struct socket_state *theirs = whole ? bpf_sk_storage_get(&sockets, whole, 0, 0) : 0;

	if (!theirs)
		return 0;
	state->process = theirs->process;
	state->netns = theirs->netns;
	state->foreign = theirs->foreign;
	return 1;
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
	who_calls(state);
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
	if (!state->flow.cookie) {
		state->flow.cookie = bpf_get_socket_cookie(ctx);
		state->asked.connects = CONNECTS_UNKNOWN;
		state->foreign = 1; /* it may be */
	}
	if (!state->netns)
		state->netns = bpf_get_netns_cookie(ctx);
	/* A second way of MPTCP is the kernel's idea, from a thread of its own. */
	if (bpf_get_current_task_btf()->mm || !inherit(sk, state))
		who_calls(state);
	return state;
}

/* A port that the app chose is one that others may know. */
static __always_inline int binding(struct bpf_sock_addr *ctx)
{
	struct socket_state *state = caller_state(ctx);

	if (!state)
		return REFUSE;
	if (ctx->user_port)
		state->bound = 1;
	return PROCEED;
}

SEC("cgroup/bind4")
int on_bind4(struct bpf_sock_addr *ctx)
{
	return binding(ctx);
}

SEC("cgroup/bind6")
int on_bind6(struct bpf_sock_addr *ctx)
{
	return binding(ctx);
}

static __always_inline int connecting(struct bpf_sock_addr *ctx, __u8 *address)
{
	struct socket_state *state = caller_state(ctx);

	if (!state)
		return REFUSE;
	/* Programs probe routes with connect() on a datagram socket (getaddrinfo, sshd): it sends nothing and is never refused. */
	if (state->state == FLOW_EXEMPT || ctx->type != SOCK_STREAM || ctx->protocol != IPPROTO_TCP) {
		remember_connect(state);
		return PROCEED;
	}
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
	struct socket_state *state = caller_state(ctx);
	__u8 address[16], source[16] = {};

	if (!state)
		return REFUSE;
	map_ipv4(address, ctx->user_ip4);
	if (ctx->msg_src_ip4)
		map_ipv4(source, ctx->msg_src_ip4);
	remember_named(state, address, source, bpf_ntohs(ctx->user_port));
	return PROCEED;
}

SEC("cgroup/sendmsg6")
int on_sendmsg6(struct bpf_sock_addr *ctx)
{
	struct socket_state *state = caller_state(ctx);
	__u32 address[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };
	__u32 source[4] = { ctx->msg_src_ip6[0], ctx->msg_src_ip6[1], ctx->msg_src_ip6[2], ctx->msg_src_ip6[3] };

	if (!state)
		return REFUSE;
	remember_named(state, (__u8 *)address, (__u8 *)source, bpf_ntohs(ctx->user_port));
	return PROCEED;
}

static __always_inline __u8 kind_of(struct bpf_sock *sk)
{
	if (sk->type == SOCK_STREAM && sk->protocol == IPPROTO_TCP)
		return KIND_CONNECTION;
	return sk->type == SOCK_DGRAM ? KIND_DATAGRAM : KIND_OTHER;
}

#define ICMPV6_LISTENER_QUERY 130 /* RFC 2710, up to 132 */
#define ICMPV6_REDIRECT 137	  /* RFC 4861, from 133 on */
#define ICMPV6_LISTENER_REPORT_2 143 /* RFC 3810 */

/*
 * Neighbour discovery and multicast membership: the kernel's own words, from a socket that every network namespace has. It belongs to the
 * cgroup in which the namespace was made (a container, a sandbox), no sock_create hook saw it, and nobody could answer for it.
 */
static __always_inline int is_neighbour_discovery(struct __sk_buff *skb, struct bpf_sock *sk)
{
	struct packet p = {};
	__u8 type;

	if (sk->type != SOCK_RAW || sk->protocol != IPPROTO_ICMPV6 || parse(skb, 1, &p) < 0 ||
	    p.protocol != IPPROTO_ICMPV6 || bpf_skb_load_bytes(skb, p.header_bytes, &type, 1) < 0)
		return 0;
	return (type >= ICMPV6_LISTENER_QUERY && type <= ICMPV6_REDIRECT) || type == ICMPV6_LISTENER_REPORT_2;
}

/* A socket's first packet: what it is, and storage where it has none. */
static __always_inline struct socket_state *met_at_egress(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state)
{
	if (!state) {
		state = state_of(sk);
		if (!state) {
			count(COUNTER_NO_STORAGE);
			return 0;
		}
		state->flow.cookie = bpf_get_socket_cookie(skb);
		state->asked.connects = CONNECTS_UNKNOWN;
		state->foreign = 1; /* it may be */
		if (!inherit(sk, state))
			count(COUNTER_PREEXISTING);
	}
	state->kind = kind_of(sk);
	return state;
}

/*
 * Whether a packet does not stay on this computer though its destination is there. It may leave by a device that the app named
 * (SO_BINDTODEVICE, IP_PKTINFO) in spite of a loopback address. Or it stays, and says that it comes from elsewhere (IPV6_FREEBIND): the kernel
 * answers there, with what it was sent. Over IPv4 the kernel takes no such packet.
 */
static __always_inline int leads_astray(struct __sk_buff *skb, struct socket_state *state, struct packet *p)
{
	__u64 source[2], to[2];

	if (skb->ifindex != LOOPBACK_DEVICE)
		return is_loopback(p->remote);
	/* Without that option, or a header of its own making, the source is one of this computer's. */
	if (p->family != 6 || !(state->foreign || state->kind == KIND_OTHER))
		return 0;
	if (bpf_skb_load_bytes(skb, __builtin_offsetof(struct ipv6hdr, saddr), source, sizeof(source)) < 0)
		return 1;
	__builtin_memcpy(to, p->remote, sizeof(to));
	return !is_loopback((__u8 *)source) && (source[0] != to[0] || source[1] != to[1]);
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk, *whole;
	struct socket_state *state;
	struct packet p = {};
	__u64 bytes;

	if (!sk)
		return PROCEED; /* not a socket's packet */
	state = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (state) {
		bytes = goes_on(skb, state, 1);
		state->bytes_out += bytes;
		if (bytes || goes_again(skb, state))
			return PROCEED;
	}
	if (!state || !state->kind) {
		whole = bpf_sk_fullsock(sk);
		if (!whole)
			return PROCEED; /* handshake or time-wait stub: it carries no data of the app */
		if (!state && is_neighbour_discovery(skb, whole))
			return PROCEED;
		state = met_at_egress(skb, whole, state);
		if (!state)
			return REFUSE;
	}
	if (state->state == FLOW_EXEMPT)
		return PROCEED;
	if (parse(skb, 1, &p) < 0) {
		count(COUNTER_UNPARSED);
		return REFUSE;
	}
	if (leads_astray(skb, state, &p)) {
		count(COUNTER_REFUSED_PACKETS);
		return REFUSE;
	}
	if (p.remote_port == DNS_PORT && p.protocol == IPPROTO_TCP)
		copy_lookup(skb, state, &p);
	if (state->kind == KIND_CONNECTION)
		return egress_tcp(skb, sk, state, &p);
	return egress_datagram(skb, sk, state, &p);
}

SEC("cgroup_skb/ingress")
int on_ingress(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk, *whole;
	struct socket_state *state;
	struct packet p = {};
	__u64 bytes;
	int verdict;

	if (!sk)
		return PROCEED;
	state = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (state && sk->state != BPF_TCP_LISTEN) {
		bytes = goes_on(skb, state, 0);
		state->bytes_in += bytes;
		if (bytes)
			return PROCEED;
	}
	if (!state || !state->kind) {
		whole = bpf_sk_fullsock(sk);
		if (!whole)
			return PROCEED;
		if (!state) {
			if (kind_of(whole) != KIND_CONNECTION || whole->state != BPF_TCP_LISTEN)
				return PROCEED;
			state = state_of(whole);
			if (!state) {
				count(COUNTER_NO_STORAGE);
				return REFUSE;
			}
			state->flow.cookie = bpf_get_socket_cookie(skb);
			count(COUNTER_PREEXISTING);
		}
		state->kind = kind_of(whole);
	}
	if (state->state == FLOW_EXEMPT)
		return PROCEED;
	if (parse(skb, 0, &p) < 0) {
		count(COUNTER_UNPARSED);
		return REFUSE;
	}
	verdict = state->kind == KIND_CONNECTION ? ingress_tcp(skb, sk, state, &p) : ingress_datagram(skb, sk, state, &p);
	/* Only what gets in: strangers must not fill the ring. */
	if (verdict == PROCEED && p.remote_port == DNS_PORT)
		copy_lookup(skb, state, &p);
	return verdict;
}

#define OPERATION(name) (1u << BPF_SOCK_OPS_##name)
#define WANTED_OPERATIONS                                                                                                       \
	(OPERATION(TIMEOUT_INIT) | OPERATION(TCP_CONNECT_CB) | OPERATION(TCP_LISTEN_CB) | OPERATION(RTO_CB) | OPERATION(STATE_CB) | \
	 OPERATION(ACTIVE_ESTABLISHED_CB) | OPERATION(PASSIVE_ESTABLISHED_CB))

SEC("sockops")
int on_sock_ops(struct bpf_sock_ops *ops)
{
	__u32 first = ops->args[0], second = ops->args[1], op = ops->op;
	struct socket_state *state;
	struct bpf_sock *sk;
	struct config *c;

	ops->reply = -1; /* the same memory as args[0] */
	/* Five calls a connection, of which two are of no use: they end here. */
	if (op > 31 || !(WANTED_OPERATIONS & (1u << op)))
		return 1;
	sk = ops->sk;
	c = settings();
	if (!sk || !c)
		return 1;
	state = bpf_sk_storage_get(&sockets, sk, 0, op == BPF_SOCK_OPS_TCP_LISTEN_CB ? BPF_SK_STORAGE_GET_F_CREATE : 0);
	if (!state)
		return 1;
	switch (op) {
	case BPF_SOCK_OPS_TIMEOUT_INIT:
		if (state->state == FLOW_HELD)
			ops->reply = c->hold_jiffies;
		break;
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		if (state->state == FLOW_HELD)
			bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | HELD_CALLBACKS);
		/* A subflow of MPTCP has no release that could tell of its end. */
		else if (bpf_skc_to_mptcp_sock(sk))
			bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
		break;
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		on_listen(ops, state);
		break;
	case BPF_SOCK_OPS_RTO_CB:
		on_retransmit(ops, state, c, first, second);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		on_state(state, first, second);
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
		on_accepted(ops, sk, state);
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
	/*
	 * An accepted connection ends when it closes, which may be later, and without a release where nobody accepted it. For one that is older
	 * than the guard nobody asked for STATE_CB.
	 */
	if (state->direction == INBOUND && state->state != FLOW_HELD && !state->adopted)
		return 1;
	/* So does one that the app began: the rest of what it wrote is on its way. */
	if (state->tells_close && is_let_go(state))
		return 1;
	if (state->state != FLOW_IDLE) {
		state->tells_close = 0;
		TELL(state, &state->flow, RECORD_ENDED, state->state, state->rule, state->state == FLOW_HELD);
		/* What an orphan still retransmits is asked about no more. */
		if (state->state == FLOW_HELD)
			state->state = FLOW_BLOCKED;
	} else if (state->has_gates) {
		settle_usual(state);
		/* Somebody may wait for one of its gates: the helper knows, the kernel does not. */
		TELL(state, &state->flow, RECORD_ENDED, FLOW_IDLE, 0, 1);
	}
	return 1;
}
