/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that apps begin: judged at connect() or at the first datagram, held or refused on their way out. */
#ifndef PICKET_OUTBOUND_H
#define PICKET_OUTBOUND_H

/* Held SYNs retransmit up to this often: with the quick first time-outs the attempt outlives a slow human (~25 minutes). */
#define HELD_SYN_RETRIES 20

/* What one held datagram flow may keep in the helper. */
#define HELD_DATAGRAMS 64
#define HELD_BYTES (256 * 1024)

/* What the socket was is over: an attempt, or a connection. */
static __always_inline void end_flow(struct socket_state *state, int urgent)
{
	TELL(state, &state->flow, RECORD_ENDED, state->state, state->rule, urgent);
	if (state->held_once)
		bpf_map_delete_elem(&held_syns, &state->flow);
	state->tells_close = 0;
	state->state = FLOW_IDLE;
}

static __always_inline int start_tcp(struct bpf_sock_addr *ctx, struct socket_state *state, __u8 *address)
{
	struct flow_key *flow = &state->flow;
	int retries = HELD_SYN_RETRIES;
	__u32 rule = 0, action;

	/* An attempt that failed: of one that was allowed at once, and of one older than the guard, no callback told. */
	if (state->state != FLOW_IDLE && state->direction == OUTBOUND)
		end_flow(state, state->state == FLOW_HELD);
	__builtin_memcpy(flow->address, address, sizeof(flow->address));
	name_loopback(flow->address);
	flow->port = bpf_ntohs(ctx->user_port);
	flow->protocol = IPPROTO_TCP;
	flow->direction = OUTBOUND;
	flow->attempt++;
	/* A socket that was accepted, and disconnected: its flow was named after its listener. */
	if (state->direction == INBOUND)
		flow->cookie = bpf_get_socket_cookie(ctx);
	state->direction = OUTBOUND;
	state->local_port = 0;
	state->answered = 0;
	state->held_once = 0;
	state->tells_close = 0;
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
	announce(state); /* somebody may be asked: who started the process? */
	bpf_setsockopt(ctx, SOL_TCP, TCP_SYNCNT, &retries, sizeof(retries));
	return PROCEED;
}

/* A connection that was held before its handshake, or in its midst when the policy changed: is there an answer by now? */
static __always_inline void ask_again(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key *flow = &state->flow;
	struct gate *gate = bpf_map_lookup_elem(&gates, flow);
	__u32 rule = 0, action;

	if (skb->len > p->header_bytes ? is_decided(gate) : is_handshake_decided(gate)) {
		take_gate(state, gate);
		/* A person's word holds until a block, which may have come since. */
		if (is_let_go(state) && state->generation != generation())
			judge_again(state);
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
	/* connect() still waits: the helper, once it is back, can refuse it at once. It looks for what it could not be told of. */
	if (state->state != FLOW_BLOCKED || capture(skb, sk, state, flow, p))
		bpf_map_delete_elem(&held_syns, flow);
}

static __always_inline int egress_tcp(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key *flow = &state->flow;

	if (state->state == FLOW_IDLE) {
		/* Accepted and listening sockets never send a bare SYN. One that does was connected past our hooks. */
		if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN) {
			state->bytes_out += wire_bytes(skb, p->header_bytes);
			return PROCEED;
		}
		__builtin_memcpy(flow->address, p->remote, sizeof(flow->address));
		flow->port = p->remote_port;
		flow->protocol = IPPROTO_TCP;
		flow->direction = OUTBOUND;
		flow->attempt++;
		state->direction = OUTBOUND;
		state->state = FLOW_HELD;
		state->held_once = 1;
	}
	p->direction = state->direction;
	p->asked_port = state->local_port;
	if (is_let_go(state) && state->generation != generation())
		judge_again(state);
	if (state->state == FLOW_HELD)
		ask_again(skb, sk, state, p);
	/* The app's first words, in a SYN or later: the helper reads the name in them before they go. */
	if (state->state == FLOW_HANDSHAKE && skb->len > p->header_bytes)
		state->state = FLOW_HELD;
	if (is_let_go(state)) {
		state->bytes_out += wire_bytes(skb, p->header_bytes);
		return PROCEED;
	}
	if (state->state == FLOW_HELD && sk->state == BPF_TCP_SYN_SENT)
		keep_syn(skb, sk, state, flow, p);
	if (state->state != FLOW_HELD)
		count(COUNTER_REFUSED_PACKETS);
	/* A blocked subflow of MPTCP the helper cannot find: it is refused as it speaks. */
	if (state->state == FLOW_HELD || bpf_skc_to_mptcp_sock(sk))
		capture(skb, sk, state, flow, p);
	return REFUSE; /* 0, never 2: for TCP the kernel would retry each 500 ms and give up after 6 s */
}

/*
 * Gives a datagram flow without a valid verdict one, or holds it. `direction` and `local_port`: of a flow without a gate, whose first
 * datagram this is. Returns the gate, or NULL when the map has no room for it.
 */
static __always_inline struct gate *judge_datagrams(struct socket_state *state, struct flow_key *flow, struct gate *gate,
						    __u8 direction, __u16 local_port)
{
	struct gate fresh = { .direction = direction, .local_port = local_port };
	__u32 rule = 0, action;

	if (gate) {
		if (gate->answered == ANSWER_ENDED) {
			gate->generation = generation();
			return gate;
		}
		fresh.direction = gate->direction;
		fresh.local_port = gate->local_port;
	}
	fresh.generation = generation();
	action = judge(state, flow, fresh.direction, fresh.direction == INBOUND ? fresh.local_port : flow->port, &rule);
	if (gate) {
		int asks = action == ACTION_ASK && (gate->state == FLOW_HELD || gate->answered);

		if (asks || (action == ACTION_ALLOW && gate->state == FLOW_ALLOWED)) {
			if (!asks)
				gate->rule = rule;
			/* Last, as in judge_again(). */
			gate->generation = fresh.generation;
			return gate;
		}
		fresh.bytes_out = gate->bytes_out;
		fresh.bytes_in = gate->bytes_in;
	}
	fresh.rule = rule;
	fresh.state = action == ACTION_ALLOW ? FLOW_ALLOWED : action == ACTION_BLOCK ? FLOW_BLOCKED : FLOW_HELD;
	bpf_map_update_elem(&gates, flow, &fresh, BPF_ANY);
	state->has_gates = 1;
	if (fresh.state != FLOW_HELD) {
		/* A socket that asked for errors waits for the helper to give them. */
		int urgent = gate != 0 || state->errors_wanted != state->errors_given;
		struct news news = { RECORD_DECIDED, fresh.state, rule, urgent, fresh.local_port, fresh.direction };

		count(action == ACTION_ALLOW ? COUNTER_ALLOWED : COUNTER_BLOCKED);
		write_news(state, flow, &news);
	}
	return bpf_map_lookup_elem(&gates, flow);
}

/* Whether one more held datagram of the flow is kept in the helper. */
static __always_inline int within_budget(struct gate *gate)
{
	if (gate->captured >= HELD_DATAGRAMS || gate->captured_bytes >= HELD_BYTES) {
		count(COUNTER_OVER_BUDGET);
		return 0;
	}
	return 1;
}

/*
 * What the helper could not be told of counts for nothing: the flow's next datagram is as good. Counted afterwards, and never taken back: by
 * then the gate may be another flow's.
 */
static __always_inline void capture_datagram(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state,
					     struct flow_key *flow, struct gate *gate, struct packet *p)
{
	if (!capture(skb, sk, state, flow, p) || !gate)
		return;
	__sync_fetch_and_add(&gate->captured, 1);
	__sync_fetch_and_add(&gate->captured_bytes, skb->len);
}

/*
 * Whether a datagram goes to a group, whose members nobody knows: multicast or broadcast. What no hook tells is the route's kind: the
 * broadcast address of a network is one that ends in 255, right for every prefix of up to 24 bits, of a socket that may broadcast.
 */
static __always_inline int is_group(struct socket_state *state, struct packet *p)
{
	if (p->family == 6)
		return p->remote[0] == 0xff;
	return (p->remote[12] >= 224 && p->remote[12] < 240) || (p->remote[15] == 255 && state->broadcasts);
}

/* The group that answers may come from. Whether it is allowed is asked when they do: policy may change (asked_a_group). */
static __always_inline void remember_group(struct socket_state *state, struct packet *p)
{
	__builtin_memcpy(state->flow.address, p->remote, sizeof(p->remote));
	state->flow.port = p->remote_port;
	state->sent_to_group = 1;
}

/* Whether the group that the socket sent to is allowed as of now. */
static __always_inline int asked_a_group(struct socket_state *state, __u8 protocol)
{
	struct flow_key flow = { .cookie = state->flow.cookie, .port = state->flow.port, .protocol = protocol };
	struct gate *gate;
	__u32 rule;

	if (!state->sent_to_group)
		return 0;
	__builtin_memcpy(flow.address, state->flow.address, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	if (is_decided(gate))
		return gate->state == FLOW_ALLOWED;
	return judge(state, &flow, OUTBOUND, flow.port, &rule) == ACTION_ALLOW;
}

static __always_inline int egress_datagram(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key flow = { .cookie = state->flow.cookie, .protocol = p->protocol };
	__u32 gates_before = notice(NOTICE_GATES);
	struct gate *gate;
	int usual;

	usual = before_translation(sk, state, p);
	if (p->remote_port == DNS_PORT)
		copy_lookup(skb, state, p);
	flow.port = p->remote_port;
	__builtin_memcpy(flow.address, p->remote, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	/* A remote that was never let in: what the app sends it is no answer. */
	if (gate && gate->state == FLOW_BLOCKED && gate->direction == INBOUND && !gate->bytes_in)
		gate = 0;
	if (!gate || gate->state == FLOW_HELD || gate->generation != generation())
		gate = judge_datagrams(state, &flow, gate, OUTBOUND, 0);
	if (gate && gate->state == FLOW_ALLOWED) {
		keep_number(state);
		__sync_fetch_and_add(&gate->bytes_out, wire_bytes(skb, p->header_bytes));
		if (is_group(state, p))
			remember_group(state, p);
		else if (usual)
			remember_usual(state, gate, p, gates_before);
		settle_usual(state);
		return PROCEED;
	}
	if (gate && gate->state == FLOW_BLOCKED) {
		count(COUNTER_REFUSED_PACKETS);
		return REFUSE;
	}
	if (gate) {
		if (!within_budget(gate))
			return DROP_QUIETLY;
		p->direction = gate->direction;
		p->asked_port = gate->local_port;
	}
	/* The helper may send it later, past this hook. */
	if (is_group(state, p) && !asked_a_group(state, p->protocol))
		remember_group(state, p);
	capture_datagram(skb, sk, state, &flow, gate, p);
	return DROP_QUIETLY;
}

#endif
