/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets that are older than their cgroup's guard, found through the processes that hold them. What listens is found first: it must be
 * known before one can say who began a connection.
 */
#ifndef PICKET_ADOPT_H
#define PICKET_ADOPT_H

/* Deepest nest of cgroups looked at. */
#define CGROUP_LEVELS 32

#define SOCK_BINDPORT_LOCK 8 /* in sk_userlocks: the app chose its port */

static __always_inline int is_guarded(struct cgroup *cgroup)
{
	void *ancestors = (void *)cgroup + bpf_core_field_offset(struct cgroup, ancestors);
	int level = BPF_CORE_READ(cgroup, level), i;

	if (!cgroup)
		return 0;
	for (i = 0; i < CGROUP_LEVELS && i <= level; i++) {
		struct cgroup *at = 0;
		__u64 id;

		bpf_probe_read_kernel(&at, sizeof(at), ancestors + i * sizeof(at));
		id = BPF_CORE_READ(at, kn, id);
		if (bpf_map_lookup_elem(&guarded, &id))
			return 1;
	}
	return 0;
}

/* Whether the hooks hear of it: they follow the cgroup in which a socket was made, whoever has it now. */
static __always_inline int in_guard(struct sock *sk)
{
	return is_guarded(BPF_CORE_READ(sk, sk_cgrp_data.cgroup));
}

/*
 * An established connection goes on unless a rule blocks it: nobody wants every connection of a session frozen when it is first guarded. One
 * that is only being made is a new one: its next packet asks.
 */
static __always_inline int adopt_connection(struct sock *sk, struct socket_state *state)
{
	struct listener_key key = { .netns = state->netns, .port = sk->__sk_common.skc_num };
	int begins = sk->__sk_common.skc_state == BPF_TCP_SYN_SENT;
	/* Who still connects was called by nobody, whatever listens at its port. */
	__u64 *listener = begins ? 0 : bpf_map_lookup_elem(&listeners, &key);
	__u16 remote_port = bpf_ntohs(sk->__sk_common.skc_dport);

	if (sk->__sk_common.skc_family == AF_INET)
		map_ipv4(state->flow.address, sk->__sk_common.skc_daddr);
	else
		BPF_CORE_READ_INTO(&state->flow.address, sk, __sk_common.skc_v6_daddr);
	state->flow.protocol = IPPROTO_TCP;
	if (listener) {
		state->direction = INBOUND;
		state->local_port = key.port;
		state->flow.cookie = *listener;
		state->flow.port = key.port;
		state->flow.direction = INBOUND;
		state->flow.attempt = remote_port;
	} else {
		state->direction = OUTBOUND;
		state->flow.port = remote_port;
		state->flow.attempt = 1;
	}
	state->answered = !begins;
	state->held_once = begins;
	state->state = begins ? FLOW_HELD : FLOW_ALLOWED;
	return 0;
}

/* The socket behind the descriptor where it is one of the internet's and in the guard, or NULL. */
static __always_inline struct sock *guarded_socket(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = socket_of(ctx->file);

	if (!sk || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6) || !in_guard(sk))
		return 0;
	return sk;
}

static __always_inline int is_connection(struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM && sk->sk_protocol == IPPROTO_TCP;
}

SEC("iter/task_file")
int find_listeners(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = guarded_socket(ctx);
	struct listener_key key = {};
	__u64 cookie;

	if (!sk || !is_connection(sk) || sk->__sk_common.skc_state != BPF_TCP_LISTEN)
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	key.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	key.port = sk->__sk_common.skc_num;
	bpf_map_update_elem(&listeners, &key, &cookie, BPF_ANY);
	return 0;
}

SEC("iter/task_file")
int adopt_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = guarded_socket(ctx);
	struct socket_state *state;
	__u8 tcp_state;

	if (!task || !sk)
		return 0;
	tcp_state = sk->__sk_common.skc_state;
	state = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	/* Egress may have met the socket before: then only its process is missing. */
	if (!state || state->state == FLOW_EXEMPT || state->process.start)
		return 0;
	state->adopted = 1;
	if (sk->sk_type == SOCK_DGRAM)
		state->kind = KIND_DATAGRAM;
	/* It sent in the moment between its guard and this search, and was taken for one that belongs to nobody. */
	if (state->flow.cookie)
		take_back(COUNTER_PREEXISTING);
	state->flow.cookie = bpf_get_socket_cookie(sk);
	state->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	state->asked.connects = CONNECTS_UNKNOWN;
	state->foreign = 1; /* it may be */
	state->bound = (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDPORT_LOCK) != 0;
	state->broadcasts = (BPF_CORE_READ(sk, __sk_common.skc_flags) >> bpf_core_enum_value(enum sock_flags, SOCK_BROADCAST)) & 1;
	read_process(&state->process, task->group_leader, task->mm);
	state->process.cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	state->process.uid = BPF_CORE_READ(task, cred, uid.val);
	BPF_CORE_READ_STR_INTO(&state->process.command, task, comm);
	if (is_connection(sk) && tcp_state != BPF_TCP_LISTEN && tcp_state != BPF_TCP_CLOSE && state->state == FLOW_IDLE)
		adopt_connection(sk, state);
	bpf_seq_write(ctx->meta->seq, state, sizeof(*state));
	return 0;
}

/*
 * Sockets that processes within the guard brought along or were given: nothing of what they send is seen. A TCP connection goes nowhere but
 * where it goes already, and every login over ssh has one.
 */
SEC("iter/task_file")
int find_outside(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = socket_of(ctx->file);
	struct outside outside = {};

	if (!task || !sk || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6) || in_guard(sk) ||
	    !is_guarded(BPF_CORE_READ(task, cgroups, dfl_cgrp)))
		return 0;
	if (sk->sk_protocol == IPPROTO_TCP && sk->__sk_common.skc_state == BPF_TCP_ESTABLISHED)
		return 0;
	outside.pid = helper_pid(task->group_leader->thread_pid);
	BPF_CORE_READ_STR_INTO(&outside.command, task, group_leader, comm);
	bpf_seq_write(ctx->meta->seq, &outside, sizeof(outside));
	return 0;
}

#endif
