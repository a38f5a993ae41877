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

static __always_inline void bound_pauses(struct bpf_sock_ops *ops, struct socket_state *state)
{
	int most = MOST_SYN_RETRIES, pause = ops->args[0] * SHORTEST_PAUSE / 8, usual;

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
static __always_inline void bound_released(struct bpf_sock_ops *ops, struct socket_state *state, struct config *c)
{
	int retries = ops->args[0] + RELEASED_SYN_RETRIES, doubling;
	__u32 pause = ops->args[1]; /* jiffies */

	if (ops->args[0] < LINEAR_RETRIES)
		retries += LINEAR_RETRIES - ops->args[0];
	for (doubling = 0; doubling < 6 && pause < LONG_PAUSE * c->hold_jiffies; doubling++) {
		pause *= 2;
		retries++;
	}
	restore_pauses(ops, state);
	bpf_setsockopt(ops, SOL_TCP, TCP_SYNCNT, &retries, sizeof(retries));
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags & ~BPF_SOCK_OPS_RTO_CB_FLAG);
}

static __always_inline void on_retransmit(struct bpf_sock_ops *ops, struct socket_state *state, struct config *c)
{
	if (ops->state != BPF_TCP_SYN_SENT)
		return;
	if (state->state == FLOW_HELD)
		bound_pauses(ops, state);
	if (state->state == FLOW_ALLOWED)
		bound_released(ops, state, c);
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
	if (gate && (gate->state == FLOW_ALLOWED || gate->state == FLOW_BLOCKED))
		take_gate(state, gate);
	/* Several SYN retransmissions set the congestion window to 1; none was a sign of congestion. */
	bpf_setsockopt(ops, SOL_TCP, TCP_BPF_IW, &window, sizeof(window));
	restore_pauses(ops, state);
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags & ~HELD_CALLBACKS);
	bpf_map_delete_elem(&held_syns, &state->flow);
	TELL(state, &state->flow, RECORD_ESTABLISHED, state->state, state->rule, 1);
}

/* An accepted socket starts with its listener's storage; only the identity is its own as well. */
static __always_inline void on_accepted(struct bpf_sock_ops *ops, struct socket_state *state)
{
	state->flow.cookie = bpf_get_socket_cookie(ops);
	state->state = FLOW_IDLE;
	state->bytes_out = 0;
	state->bytes_in = 0;
}

#endif
