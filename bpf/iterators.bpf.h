/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the helper asks of all sockets at once. */
#ifndef PICKET_ITERATORS_H
#define PICKET_ITERATORS_H

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

static __always_inline void read_tuple(struct sock *sk, struct revoked *r)
{
	r->family = sk->__sk_common.skc_family;
	r->source_port = sk->__sk_common.skc_num;
	r->destination_port = bpf_ntohs(sk->__sk_common.skc_dport);
	r->interface = sk->__sk_common.skc_bound_dev_if;
	if (r->family == AF_INET) {
		map_ipv4(r->source, sk->__sk_common.skc_rcv_saddr);
		map_ipv4(r->destination, sk->__sk_common.skc_daddr);
	} else if (r->family == AF_INET6) {
		BPF_CORE_READ_INTO(&r->source, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&r->destination, sk, __sk_common.skc_v6_daddr);
	}
}

SEC("iter/bpf_sk_storage_map")
int find_revoked(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct socket_state *state = ctx->value;
	struct revoked r = {};
	struct sock *sk = ctx->sk;

	/* An idle socket has no verdict; a held one is judged as it sends. One that a packet found blocked has still to hear of it. */
	if (!state || !sk || (state->state != FLOW_ALLOWED && state->state != FLOW_BLOCKED))
		return 0;
	if (state->state == FLOW_ALLOWED ? state->generation == generation() : sk->__sk_common.skc_state == BPF_TCP_SYN_SENT)
		return 0;
	r.flow = state->flow;
	/* By the app it was judged for: Linux 6.1 takes no key of a map from an iterator's value, and nothing newer is known of it here. */
	r.action = judge_app(state->app, &r.flow, state->direction, r.flow.port, &r.rule);
	if (state->state == FLOW_BLOCKED) {
		r.action = ACTION_BLOCK;
		r.rule = state->rule;
	}
	if (r.action == ACTION_ALLOW)
		return 0;
	r.cookie = sk->__sk_common.skc_cookie.counter;
	r.netns = state->netns;
	r.pid = state->process.pid;
	read_tuple(sk, &r);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

#endif
