/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the helper asks of all sockets at once, found through the processes that hold them: some kernels refuse iterators over socket
 * storage, which could write there. A socket that several descriptors lead to is told of several times; one that nobody holds (not
 * accepted yet, closed with data under way) is met with its next packet.
 */
#ifndef PICKET_ITERATORS_H
#define PICKET_ITERATORS_H

/* The socket behind a descriptor, or NULL. */
static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket = file ? bpf_sock_from_file(file) : 0;

	return socket ? socket->sk : 0;
}

SEC("iter/task_file")
int dump_traffic(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = socket_of(ctx->file);
	struct socket_state *state = sk ? bpf_sk_storage_get(&sockets, sk, 0, 0) : 0;
	struct traffic traffic = {};

	if (state)
		settle_usual(state);
	if (!state || state->state == FLOW_IDLE || state->state == FLOW_EXEMPT)
		return 0;
	traffic.flow = state->flow;
	traffic.process = state->process;
	traffic.netns = state->netns;
	traffic.state = state->state;
	traffic.local_port = state->local_port;
	traffic.direction = state->direction;
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

/* What ends the connection needs to know of it. */
static __always_inline void tell_connection(struct seq_file *seq, struct task_struct *task, struct sock *sk,
					    struct socket_state *state, struct revoked *r)
{
	r->cookie = sk->__sk_common.skc_cookie.counter;
	r->netns = state->netns;
	r->pid = state->process.pid;
	r->holder = task->tgid;
	read_tuple(sk, r);
	bpf_seq_write(seq, r, sizeof(*r));
}

/* Every connection that goes on. */
SEC("iter/task_file")
int find_open(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = socket_of(ctx->file);
	struct socket_state *state = sk ? bpf_sk_storage_get(&sockets, sk, 0, 0) : 0;
	struct revoked r = {};

	if (!task || !sk || !state || !is_let_go(state) || state->flow.protocol != IPPROTO_TCP)
		return 0;
	r.flow = state->flow;
	tell_connection(ctx->meta->seq, task, sk, state, &r);
	return 0;
}

SEC("iter/task_file")
int find_revoked(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = socket_of(ctx->file);
	struct socket_state *state = sk ? bpf_sk_storage_get(&sockets, sk, 0, 0) : 0;
	struct revoked r = {};

	/*
	 * An idle socket has no verdict. A held one may have been let go, and hears of it as it sends. One that a packet found blocked has
	 * still to hear of it. Who connects is refused instead.
	 */
	if (!task || !sk || !state || state->state == FLOW_IDLE || state->state == FLOW_EXEMPT)
		return 0;
	if (!is_let_go(state) && sk->__sk_common.skc_state == BPF_TCP_SYN_SENT)
		return 0;
	if (state->state != FLOW_BLOCKED && state->generation == generation())
		return 0;
	r.flow = state->flow;
	/* By the app it was judged for: nothing newer is known of it here. */
	r.action = judge_app(state->app, state->process.uid, &r.flow, state->direction, r.flow.port, &r.rule);
	if (state->state == FLOW_BLOCKED) {
		r.action = ACTION_BLOCK;
		r.rule = state->rule;
	}
	if (r.action == ACTION_ALLOW)
		return 0;
	tell_connection(ctx->meta->seq, task, sk, state, &r);
	return 0;
}

#endif
