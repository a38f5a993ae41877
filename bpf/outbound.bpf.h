/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that apps begin: judged at connect() or at the first datagram, held or refused on their way out. */
#ifndef PICKET_OUTBOUND_H
#define PICKET_OUTBOUND_H

/* Held SYNs retransmit up to this often: with the quick first time-outs the attempt outlives a slow human (~25 minutes). */
#define HELD_SYN_RETRIES 20

/* What one held datagram flow may keep in the helper. */
#define HELD_DATAGRAMS 64
#define HELD_BYTES (256 * 1024)

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
	state->direction = OUTBOUND;
	state->answered = 0;
	state->held_once = 0;
	state->bytes_out = 0;
	state->bytes_in = 0;
	state->generation = generation();
	action = judge(state, flow, OUTBOUND, flow->port, &rule);
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

/* A connection that was held before its handshake, or in its midst when the policy changed: is there an answer by now? */
static __always_inline void ask_again(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key *flow = &state->flow;
	struct gate *gate = bpf_map_lookup_elem(&gates, flow);
	__u32 rule = 0, action;

	if (gate && (gate->state == FLOW_ALLOWED || gate->state == FLOW_BLOCKED)) {
		take_gate(state, gate);
		if (sk->state != BPF_TCP_SYN_SENT)
			TELL(state, flow, RECORD_ESTABLISHED, state->state, state->rule, 1);
	} else {
		/* A rule may have come since the last packet, from a helper that then died before it told this flow. */
		state->generation = generation();
		action = judge(state, flow, state->direction, flow->port, &rule);
		if (action != ACTION_ALLOW && action != ACTION_BLOCK)
			return;
		state->state = action == ACTION_ALLOW ? FLOW_ALLOWED : FLOW_BLOCKED;
		state->rule = rule;
		TELL(state, flow, RECORD_DECIDED, state->state, rule, 1);
	}
	/* connect() still waits: the helper, once it is back, can refuse it at once. */
	if (state->state == FLOW_BLOCKED)
		capture(skb, sk, state, flow, p);
	bpf_map_delete_elem(&held_syns, flow);
}

static __always_inline int egress_tcp(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key *flow = &state->flow;

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
		state->direction = OUTBOUND;
		state->state = FLOW_HELD;
		state->held_once = 1;
	}
	if (state->state == FLOW_ALLOWED && state->generation != generation())
		judge_again(state);
	if (state->state == FLOW_HELD)
		ask_again(skb, sk, state, p);
	if (state->state == FLOW_ALLOWED) {
		state->bytes_out += wire_bytes(skb, p);
		return PROCEED;
	}
	if (state->state == FLOW_HELD) {
		if (sk->state == BPF_TCP_SYN_SENT)
			keep_syn(skb, sk, state, flow, p);
		capture(skb, sk, state, flow, p);
	} else {
		count(COUNTER_REFUSED_PACKETS);
	}
	return REFUSE; /* 0, never 2: for TCP the kernel would retry each 500 ms and give up after 6 s */
}

/* Gives a datagram flow without a valid verdict one, or holds it. Returns the gate, or NULL when the map has no room for it. */
static __always_inline struct gate *judge_datagrams(struct socket_state *state, struct flow_key *flow, struct gate *gate)
{
	struct gate fresh = {};
	__u32 rule = 0, action;

	fresh.generation = generation();
	action = judge(state, flow, gate ? gate->direction : OUTBOUND, gate && gate->direction == INBOUND ? gate->local_port : flow->port,
		       &rule);
	if (gate) {
		gate->generation = fresh.generation;
		if (action == ACTION_ASK && (gate->state == FLOW_HELD || gate->answered))
			return gate;
		if (action == ACTION_ALLOW && gate->state == FLOW_ALLOWED) {
			gate->rule = rule;
			return gate;
		}
		fresh.bytes_out = gate->bytes_out;
		fresh.bytes_in = gate->bytes_in;
		fresh.local_port = gate->local_port;
		fresh.direction = gate->direction;
	}
	fresh.rule = rule;
	fresh.state = action == ACTION_ALLOW ? FLOW_ALLOWED : action == ACTION_BLOCK ? FLOW_BLOCKED : FLOW_HELD;
	bpf_map_update_elem(&gates, flow, &fresh, BPF_ANY);
	state->has_gates = 1;
	if (fresh.state != FLOW_HELD) {
		count(action == ACTION_ALLOW ? COUNTER_ALLOWED : COUNTER_BLOCKED);
		/* A socket that asked for errors waits for the helper to give them. */
		TELL(state, flow, RECORD_DECIDED, fresh.state, rule, gate != 0 || state->errors_wanted != state->errors_given);
	}
	return bpf_map_lookup_elem(&gates, flow);
}

static __always_inline int egress_datagram(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key flow = { .cookie = state->flow.cookie, .protocol = p->protocol };
	struct gate *gate;

	before_translation(sk, state, p);
	flow.port = p->remote_port;
	__builtin_memcpy(flow.address, p->remote, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	if (!gate || gate->state == FLOW_HELD || gate->generation != generation())
		gate = judge_datagrams(state, &flow, gate);
	if (gate && gate->state == FLOW_ALLOWED) {
		__sync_fetch_and_add(&gate->bytes_out, wire_bytes(skb, p));
		return PROCEED;
	}
	if (gate && gate->state == FLOW_BLOCKED) {
		count(COUNTER_REFUSED_PACKETS);
		return REFUSE;
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

#endif
