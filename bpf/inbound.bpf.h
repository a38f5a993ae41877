/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What arrives: flows that others begin are judged at the listener, or at the first datagram for a port that the app chose, and held
 * or dropped without a word; what was allowed is counted, and refused once its verdict was taken back.
 */
#ifndef PICKET_INBOUND_H
#define PICKET_INBOUND_H

/* What one socket may ask about in a second, and tell of what was blocked: the rest is dropped, who is real tries again. */
#define INBOUND_PER_SECOND 5

/* Copies of one attempt's SYN that the helper gets: Linux sends 7 in 127 s, others up to 12. */
#define HELD_SYNS 16

/* `told`: of the socket, in this second. */
static __always_inline int within_rate(struct socket_state *state, __u32 *told)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - state->inbound_since >= SECOND) {
		state->inbound_since = now;
		state->inbound_count = 0;
		state->refused_count = 0;
	}
	if (*told >= INBOUND_PER_SECOND)
		return 0;
	__sync_fetch_and_add(told, 1);
	return 1;
}

/* What becomes of one attempt: policy's word, or where it has none a verdict on this attempt alone. A person's holds until a block. */
static __always_inline __u32 admit(struct socket_state *state, struct flow_key *flow, struct gate *gate, __u32 *rule)
{
	__u32 action = judge(state, flow, INBOUND, flow->port, rule);

	if (action == ACTION_BLOCK || !is_decided(gate))
		return action;
	*rule = gate->rule;
	return gate->state == FLOW_ALLOWED ? ACTION_ALLOW : ACTION_BLOCK;
}

/* Remembers a held or blocked attempt, so that its retransmissions are not news. */
static __always_inline void note_attempt(struct socket_state *state, struct flow_key *flow, __u32 flow_state, __u32 rule)
{
	struct gate fresh = { .state = flow_state,
			      .rule = rule,
			      .captured = 1,
			      .generation = generation(),
			      .local_port = flow->port,
			      .direction = INBOUND };

	bpf_map_update_elem(&gates, flow, &fresh, BPF_ANY);
	state->has_gates = 1;
}

#define IPV4_ADDRESSES 12 /* where source and destination stand in their headers */
#define IPV6_ADDRESSES 8

/*
 * Whether the packet is of a handshake whose SYN was let in: the kernel has a request for it. Anything else that is no SYN belongs to no
 * connection here, or to one that a SYN cookie stands for.
 */
static __always_inline int is_half_open(struct __sk_buff *skb, struct packet *p)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *request;
	int half_open;

	if (p->family == 4) {
		if (bpf_skb_load_bytes(skb, IPV4_ADDRESSES, &tuple.ipv4, 2 * sizeof(tuple.ipv4.saddr)) < 0)
			return 0;
		tuple.ipv4.sport = bpf_htons(p->remote_port);
		tuple.ipv4.dport = bpf_htons(p->local_port);
		request = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	} else {
		if (bpf_skb_load_bytes(skb, IPV6_ADDRESSES, &tuple.ipv6, 2 * sizeof(tuple.ipv6.saddr)) < 0)
			return 0;
		tuple.ipv6.sport = bpf_htons(p->remote_port);
		tuple.ipv6.dport = bpf_htons(p->local_port);
		request = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	if (!request)
		return 0;
	half_open = request->state == BPF_TCP_NEW_SYN_RECV;
	bpf_sk_release(request);
	return half_open;
}

/*
 * A packet for a listener: a SYN, or the handshake's last ACK, which may carry data. Nothing of it reaches the app, nor goes back to
 * the remote, before somebody allows it; Fast Open data neither, and no SYN cookie is spent on it. Policy may have changed since the
 * SYN was let in: then the rest of the handshake is what is held and asked about.
 */
static __always_inline int ingress_listener(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key flow = { .cookie = state->flow.cookie,
				 .port = p->local_port,
				 .protocol = IPPROTO_TCP,
				 .direction = INBOUND,
				 .attempt = p->remote_port };
	int opens;
	__u32 rule = 0, action;
	struct gate *gate;

	__builtin_memcpy(flow.address, p->remote, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	action = admit(state, &flow, gate, &rule);
	if (action == ACTION_ALLOW)
		return PROCEED;
	/* A listener older than the guard, which nobody has a name for: only a rule keeps its callers out. */
	if (action != ACTION_BLOCK && !state->process.start)
		return PROCEED;
	/* Ends a handshake at most, as our own refusal does: the app hears nothing of it. */
	if (p->tcp_flags & TCP_RST)
		return PROCEED;
	opens = (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN || is_half_open(skb, p);
	if (!opens || action == ACTION_BLOCK) {
		count(COUNTER_REFUSED_PACKETS);
		if (opens && !(gate && gate->state == FLOW_BLOCKED) && within_rate(state, &state->refused_count)) {
			struct news news = { RECORD_DECIDED, FLOW_BLOCKED, rule, gate != 0, flow.port, INBOUND };

			note_attempt(state, &flow, FLOW_BLOCKED, rule);
			count(COUNTER_BLOCKED);
			write_news(state, &flow, &news);
		}
		return REFUSE;
	}
	if (gate && gate->state == FLOW_HELD) {
		if (gate->captured >= HELD_SYNS)
			return REFUSE;
		__sync_fetch_and_add(&gate->captured, 1);
	} else {
		if (!within_rate(state, &state->inbound_count)) {
			count(COUNTER_INBOUND_LIMITED);
			return REFUSE;
		}
		note_attempt(state, &flow, FLOW_HELD, 0);
	}
	p->direction = INBOUND;
	p->at_listener = 1;
	p->asked_port = flow.port;
	capture(skb, sk, state, &flow, p);
	return REFUSE;
}

/* A connection that is held where it stands: nothing of the remote's reaches the app. The helper hears of it, or the app might wait unasked. */
static __always_inline int ingress_held(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key *flow = &state->flow;
	__u32 rule = 0, action;

	/* Our own refusal is a reset. */
	if (p->tcp_flags & TCP_RST)
		return PROCEED;
	action = judge(state, flow, state->direction, flow->port, &rule);
	if (action == ACTION_ALLOW) { /* the next packet out tells */
		state->bytes_in += wire_bytes(skb, p->header_bytes);
		return PROCEED;
	}
	count(COUNTER_REFUSED_PACKETS);
	if (action != ACTION_BLOCK && within_rate(state, &state->inbound_count)) {
		p->direction = state->direction;
		p->asked_port = state->local_port;
		capture(skb, sk, state, flow, p);
	}
	return REFUSE;
}

/* Whether a connection that waits for its next packet out to hear of its gate was let go meanwhile. */
static __always_inline int lets_in(struct socket_state *state, struct gate *gate)
{
	__u32 rule = 0;

	if (!is_decided(gate) || gate->state != FLOW_ALLOWED)
		return 0;
	return gate->generation == generation() || judge(state, &state->flow, state->direction, state->flow.port, &rule) != ACTION_BLOCK;
}

static __always_inline int ingress_tcp(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	if (sk->state == BPF_TCP_LISTEN)
		return ingress_listener(skb, sk, state, p);
	if (is_let_go(state) && state->generation != generation())
		judge_again(state);
	if (state->state == FLOW_HELD || state->state == FLOW_BLOCKED) {
		/* What a packet out found blocked stays so, whatever its gate says. */
		struct gate *gate = state->state == FLOW_HELD ? bpf_map_lookup_elem(&gates, &state->flow) : 0;
		int allowed = lets_in(state, gate);

		/* Before the handshake: our own refusal, or the answer to a SYN that was just released. */
		if (sk->state == BPF_TCP_SYN_SENT) {
			if (allowed)
				state->bytes_in += wire_bytes(skb, p->header_bytes);
			return PROCEED;
		}
		if (!is_decided(gate) && state->state == FLOW_HELD)
			return ingress_held(skb, sk, state, p);
		/* In the midst: our own refusal is a reset and may pass; nothing else may while nobody allows it. */
		if (!allowed) {
			if (p->tcp_flags & TCP_RST)
				return PROCEED;
			count(COUNTER_REFUSED_PACKETS);
			return REFUSE;
		}
	}
	state->bytes_in += wire_bytes(skb, p->header_bytes);
	return PROCEED;
}

#define PROTOCOL_L2TP 115 /* IPPROTO_L2TP of newer headers */

/* Whether others may begin at its port. The kernel lets SCTP and L2TP bind without a word to any hook (inet_bind: "its own bind function"). */
static __always_inline int may_be_called(struct socket_state *state, __u8 protocol)
{
	return state->bound || protocol == IPPROTO_SCTP || protocol == PROTOCOL_L2TP;
}

/*
 * A datagram of a remote without a gate: 1 to let it in unasked, 0 to drop it, -1 when it gets a gate. Who sends from a port that the
 * system chose gets answers, to what it sent or to nothing; who asked a group is answered by whoever is in it (mDNS, SSDP). A rule that
 * blocks holds for them as well. Gates are few a second, or a stream of forged remotes would push those of others out; allowed ones
 * are not counted, for the answers need them.
 */
static __always_inline int meet_remote(struct socket_state *state, struct flow_key *flow, __u16 local_port)
{
	__u32 rule = 0, action = judge(state, flow, INBOUND, local_port, &rule);
	int called = may_be_called(state, flow->protocol);

	if (action == ACTION_ALLOW)
		return called ? -1 : 1;
	if (action == ACTION_BLOCK) {
		if (called && within_rate(state, &state->refused_count))
			return -1;
		count(COUNTER_REFUSED_PACKETS);
		return 0;
	}
	if (!called || asked_a_group(state, flow->protocol))
		return 1;
	if (within_rate(state, &state->inbound_count))
		return -1;
	count(COUNTER_INBOUND_LIMITED);
	return 0;
}

static __always_inline int ingress_datagram(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	struct flow_key flow = { .cookie = state->flow.cookie, .port = p->remote_port, .protocol = p->protocol };
	struct gate *gate;

	__builtin_memcpy(flow.address, p->remote, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	if (!gate) {
		int met = meet_remote(state, &flow, p->local_port);

		if (met >= 0)
			return met ? PROCEED : REFUSE;
	}
	if (!gate || gate->state == FLOW_HELD || gate->generation != generation())
		gate = judge_datagrams(state, &flow, gate, INBOUND, p->local_port);
	if (gate && gate->state == FLOW_ALLOWED) {
		keep_number(state);
		__sync_fetch_and_add(&gate->bytes_in, wire_bytes(skb, p->header_bytes));
		return PROCEED;
	}
	if (gate && gate->state == FLOW_BLOCKED) {
		count(COUNTER_REFUSED_PACKETS);
		return REFUSE;
	}
	if (!gate)
		return REFUSE;
	/* The answer to a datagram that is just being released: its gate opens after the last of them. */
	if (gate->direction == OUTBOUND && !gate->bytes_out && !state->bound)
		return PROCEED;
	if (!within_budget(gate))
		return REFUSE;
	p->direction = gate->direction;
	p->asked_port = gate->local_port;
	capture_datagram(skb, sk, state, &flow, gate, p);
	return REFUSE;
}

#endif
