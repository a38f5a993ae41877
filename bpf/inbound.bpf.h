/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What arrives: counted, and refused where the flow's verdict was taken back. */
#ifndef PICKET_INBOUND_H
#define PICKET_INBOUND_H

static __always_inline int ingress_tcp(struct __sk_buff *skb, struct bpf_sock *sk, struct socket_state *state, struct packet *p)
{
	if (state->state == FLOW_ALLOWED && state->generation != generation())
		judge_again(state);
	if (state->state == FLOW_HELD || state->state == FLOW_BLOCKED) {
		struct gate *gate = bpf_map_lookup_elem(&gates, &state->flow);

		/* Before the handshake: our own refusal, or the answer to a SYN that was just released. */
		if (sk->state == BPF_TCP_SYN_SENT) {
			if (gate && gate->state == FLOW_ALLOWED)
				state->bytes_in += wire_bytes(skb, p);
			return PROCEED;
		}
		/* In the midst: our own refusal is a reset and may pass; nothing else may while nobody allows it. */
		if (!(gate && gate->state == FLOW_ALLOWED)) {
			if (p->tcp_flags & TCP_RST)
				return PROCEED;
			count(COUNTER_REFUSED_PACKETS);
			return REFUSE;
		}
	}
	state->bytes_in += wire_bytes(skb, p);
	return PROCEED;
}

static __always_inline int ingress_datagram(struct __sk_buff *skb, struct socket_state *state, struct packet *p)
{
	struct flow_key flow = { .cookie = state->flow.cookie, .port = p->remote_port, .protocol = p->protocol };
	struct gate *gate;

	if (!state->has_gates)
		return PROCEED;
	__builtin_memcpy(flow.address, p->remote, sizeof(flow.address));
	gate = bpf_map_lookup_elem(&gates, &flow);
	if (!gate)
		return PROCEED;
	if (gate->state == FLOW_ALLOWED && gate->generation != generation())
		gate = judge_datagrams(state, &flow, gate);
	if (gate && gate->state == FLOW_BLOCKED) {
		count(COUNTER_REFUSED_PACKETS);
		return REFUSE;
	}
	if (gate)
		__sync_fetch_and_add(&gate->bytes_in, wire_bytes(skb, p));
	return PROCEED;
}

#endif
