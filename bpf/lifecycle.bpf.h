/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a TCP connection between connect() and its end, as sock_ops tells it. */
#ifndef PICKET_LIFECYCLE_H
#define PICKET_LIFECYCLE_H

/* Retransmissions left to a released flow once its pauses are LONG_PAUSE tenths of a second (the unit of hold_jiffies). */
#define RELEASED_SYN_RETRIES 2
#define LONG_PAUSE 64
#define LINEAR_RETRIES 4
#define INITIAL_WINDOW 10 /* RFC 6928, and the kernel's TCP_INIT_CWND */

/* What sock_ops is told of while a TCP flow is held. */
#define HELD_CALLBACKS (BPF_SOCK_OPS_STATE_CB_FLAG | BPF_SOCK_OPS_RTO_CB_FLAG)

/*
 * A held flow that is left to the kernel's own retransmission waits for the next one, which ordinary back-off puts as far away as the
 * hold was long. Linux 6.15 can bound it: not below a second, and growing with the number of retransmissions, so that the most there
 * can be of them last a quarter of an hour. Older kernels go on to back off.
 */
#define TCP_RTO_MAX_MS 44
#define SHORTEST_PAUSE 1000 /* milliseconds; the kernel takes no less */
#define MOST_SYN_RETRIES 127

static __always_inline void bound_pauses(struct bpf_sock_ops *ops, struct socket_state *state, __u32 retransmissions)
{
	int most = MOST_SYN_RETRIES, pause = retransmissions * SHORTEST_PAUSE / 8, usual;

	if (pause < SHORTEST_PAUSE)
		pause = SHORTEST_PAUSE;
	if (!state->longest_pause && bpf_getsockopt(ops, SOL_TCP, TCP_RTO_MAX_MS, &usual, sizeof(usual)) == 0)
		state->longest_pause = usual;
	if (state->longest_pause && bpf_setsockopt(ops, SOL_TCP, TCP_RTO_MAX_MS, &pause, sizeof(pause)) == 0)
		bpf_setsockopt(ops, SOL_TCP, TCP_SYNCNT, &most, sizeof(most));
}

static __always_inline void restore_pauses(struct bpf_sock_ops *ops, struct socket_state *state)
{
	int usual = state->longest_pause;

	if (!usual)
		return;
	bpf_setsockopt(ops, SOL_TCP, TCP_RTO_MAX_MS, &usual, sizeof(usual));
	state->longest_pause = 0;
}

/*
 * Released, but the first packets were lost, or the way is long: give up when an ordinary attempt would, after a minute or some, not
 * after 25. Pauses double from whatever they are by now, the first four since Linux 6.5 not at all (tcp_syn_linear_timeouts).
 */
static __always_inline void bound_released(struct bpf_sock_ops *ops, struct socket_state *state, struct config *c, __u32 retransmissions,
					   __u32 pause)
{
	int retries = retransmissions + RELEASED_SYN_RETRIES, doubling;

	if (retransmissions < LINEAR_RETRIES)
		retries += LINEAR_RETRIES - retransmissions;
	for (doubling = 0; doubling < 6 && pause < LONG_PAUSE * c->hold_jiffies; doubling++) {
		pause *= 2;
		retries++;
	}
	restore_pauses(ops, state);
	bpf_setsockopt(ops, SOL_TCP, TCP_SYNCNT, &retries, sizeof(retries));
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags & ~BPF_SOCK_OPS_RTO_CB_FLAG);
}

/* `pause`: until the next retransmission, jiffies. */
static __always_inline void on_retransmit(struct bpf_sock_ops *ops, struct socket_state *state, struct config *c, __u32 retransmissions,
					  __u32 pause)
{
	if (ops->state != BPF_TCP_SYN_SENT)
		return;
	if (state->state == FLOW_HELD)
		bound_pauses(ops, state, retransmissions);
	if (is_let_go(state))
		bound_released(ops, state, c, retransmissions, pause);
}

static __always_inline void on_state(struct socket_state *state, __u32 from, __u32 to)
{
	if (to != BPF_TCP_CLOSE)
		return;
	if (state->direction == INBOUND) {
		/* Also one that no accept() ever took. on_release leaves it to this. */
		if (state->state != FLOW_IDLE)
			TELL(state, &state->flow, RECORD_ENDED, state->state, state->rule, state->state == FLOW_HELD);
		return;
	}
	if (from != BPF_TCP_SYN_SENT && !state->tells_close)
		return;
	end_flow(state, from == BPF_TCP_SYN_SENT);
}

static __always_inline void on_established(struct bpf_sock_ops *ops, struct socket_state *state)
{
	int window = INITIAL_WINDOW;
	struct gate *gate;

	if (state->state == FLOW_IDLE || state->state == FLOW_EXEMPT)
		return;
	/* What an app wrote before it closed still goes, and its last packets do: they are counted as well. */
	state->tells_close = 1;
	if (!state->held_once) {
		bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
		return;
	}
	/* The helper removes the gate once it hears of this; the next packet, which would have read it, may be far away. */
	gate = state->state == FLOW_HELD ? bpf_map_lookup_elem(&gates, &state->flow) : 0;
	if (is_handshake_decided(gate))
		take_gate(state, gate);
	/* Several SYN retransmissions set the congestion window to 1; none was a sign of congestion. */
	bpf_setsockopt(ops, SOL_TCP, TCP_BPF_IW, &window, sizeof(window));
	restore_pauses(ops, state);
	bpf_sock_ops_cb_flags_set(ops, (ops->bpf_sock_ops_cb_flags & ~HELD_CALLBACKS) | BPF_SOCK_OPS_STATE_CB_FLAG);
	bpf_map_delete_elem(&held_syns, &state->flow);
	TELL(state, &state->flow, RECORD_ESTABLISHED, state->state, state->rule, 1);
}

/*
 * An accepted socket starts with its listener's storage, identity included. It is a flow of its own, named after the attempt that it
 * was. What let its SYN in is asked once more: policy may have changed since, and a first segment with data must not reach the app then.
 */
static __always_inline void on_accepted(struct bpf_sock_ops *ops, struct bpf_sock *sk, struct socket_state *state)
{
	struct flow_key *flow = &state->flow;
	__u32 rule = 0, action;
	struct gate *gate;

	state->state = FLOW_IDLE;
	state->bytes_out = 0;
	state->bytes_in = 0;
	state->has_gates = 0;
	state->adopted = 0; /* its listener's */
	state->tells_close = 0;
	if (!state->process.start) {
		/* Its listener is older than the guard and belongs to nobody that is known. */
		flow->cookie = bpf_get_socket_cookie(ops);
		count(COUNTER_PREEXISTING);
		return;
	}
	if (sk->family == AF_INET) {
		map_ipv4(flow->address, sk->dst_ip4);
	} else {
		__u32 address[4] = { sk->dst_ip6[0], sk->dst_ip6[1], sk->dst_ip6[2], sk->dst_ip6[3] };
		__builtin_memcpy(flow->address, address, sizeof(address));
	}
	flow->port = ops->local_port;
	flow->protocol = IPPROTO_TCP;
	flow->direction = INBOUND;
	flow->attempt = bpf_ntohs(sk->dst_port);
	state->direction = INBOUND;
	state->local_port = flow->port;
	state->held_once = 0;
	state->generation = generation();
	gate = bpf_map_lookup_elem(&gates, flow);
	action = admit(state, flow, gate, &rule);
	state->rule = rule;
	state->answered = gate && gate->answered;
	state->state = action == ACTION_ALLOW ? FLOW_ALLOWED : action == ACTION_BLOCK ? FLOW_BLOCKED : FLOW_HELD;
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
	if (state->state == FLOW_HELD)
		return; /* its next packet asks */
	count(state->state == FLOW_ALLOWED ? COUNTER_ALLOWED : COUNTER_BLOCKED);
	if (gate && gate->state == state->state)
		TELL(state, flow, RECORD_ESTABLISHED, state->state, rule, 1);
	else
		TELL(state, flow, RECORD_DECIDED, state->state, rule, gate != 0);
	/* The socket knows it now: a later connection from the same port is another attempt. */
	bpf_map_delete_elem(&gates, flow);
}

/* Who listens: the socket may have been made, and even bound, by another process (socket activation). */
static __always_inline void on_listen(struct bpf_sock_ops *ops, struct socket_state *state)
{
	if (!state->netns)
		state->netns = bpf_get_netns_cookie(ops);
	/* It was a connection, its own or an accepted one, and was disconnected, or tried: what it was says nothing of who calls it. */
	if (state->state != FLOW_IDLE && state->state != FLOW_EXEMPT)
		end_flow(state, 0);
	state->held_once = 0;
	state->direction = OUTBOUND;
	state->local_port = 0;
	state->flow.direction = OUTBOUND;
	state->flow.protocol = 0;
	state->flow.cookie = bpf_get_socket_cookie(ops);
	identify(state);
}

#endif
