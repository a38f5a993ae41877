/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagram sockets that ask for errors (IP_RECVERR) see ENOBUFS when a packet is dropped quietly (udp_send_skb in the kernel): a held
 * look-up would fail at once. So the wish is remembered and the option kept from the kernel until the helper grants it, after the
 * socket's first allowed flow; the app is told that it is set. Path probers (tracepath) need it from the first packet on, which fails
 * before any hook sees it: they keep the real option, and hear of a hold.
 */
#ifndef PICKET_OPTIONS_H
#define PICKET_OPTIONS_H

#define SOL_SOCKET 1
#define SO_BROADCAST 6
#define SOL_IP 0
#define SOL_IPV6 41
#define IP_MTU_DISCOVER 10
#define IP_RECVERR 11
#define IP_FREEBIND 15
#define IP_TRANSPARENT 19
#define IP_LOCAL_PORT_RANGE 51
#define IPV6_MTU_DISCOVER 23
#define IPV6_RECVERR 25
#define IPV6_TRANSPARENT 75
#define IPV6_FREEBIND 78
#define PMTUDISC_DO 2
#define PMTUDISC_PROBE 3

/* The kernel hands a program one page of an option's value and refuses a larger one, unless told to look at the original. */
#define LARGEST_OPTION 4096

static __always_inline int pass_option(struct bpf_sockopt *ctx)
{
	if (ctx->optlen > LARGEST_OPTION)
		ctx->optlen = 0;
	return PROCEED;
}

static __always_inline struct socket_state *datagram_state(struct bpf_sockopt *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	struct socket_state *state;

	if (!sk || sk->type != SOCK_DGRAM || sk->protocol != IPPROTO_UDP)
		return 0;
	state = bpf_sk_storage_get(&sockets, sk, 0, 0);
	return state && state->state != FLOW_EXEMPT ? state : 0;
}

/* The socket's state where this is an option that has to wait; `which` becomes its bit. */
static __always_inline struct socket_state *errors_option(struct bpf_sockopt *ctx, __u8 *which)
{
	if (ctx->level == SOL_IP && ctx->optname == IP_RECVERR)
		*which = ERRORS_IPV4;
	else if (ctx->level == SOL_IPV6 && ctx->optname == IPV6_RECVERR)
		*which = ERRORS_IPV6;
	else
		return 0;
	return datagram_state(ctx);
}

/* Remembers that nothing is to be fragmented; the option itself is the kernel's. */
static __always_inline void note_probing(struct bpf_sockopt *ctx)
{
	int ours = (ctx->level == SOL_IP && ctx->optname == IP_MTU_DISCOVER) ||
		   (ctx->level == SOL_IPV6 && ctx->optname == IPV6_MTU_DISCOVER);
	struct socket_state *state = ours ? datagram_state(ctx) : 0;
	__u8 *value = ctx->optval;

	if (state && (void *)(value + 1) <= ctx->optval_end)
		state->probes_path = *value == PMTUDISC_DO || *value == PMTUDISC_PROBE;
}

/* The same for SO_BROADCAST, an int of which any bit may be set. */
static __always_inline void note_broadcasting(struct bpf_sockopt *ctx)
{
	struct socket_state *state = ctx->level == SOL_SOCKET && ctx->optname == SO_BROADCAST ? datagram_state(ctx) : 0;
	int *value = ctx->optval;

	if (state && (void *)(value + 1) <= ctx->optval_end)
		state->broadcasts = *value != 0;
}

/*
 * Who may bind to any address, for good: it may have done so by the time it says otherwise. And who says which ports the system may choose
 * from has chosen its port.
 */
static __always_inline void note_binding(struct bpf_sockopt *ctx)
{
	int foreign = (ctx->level == SOL_IP && (ctx->optname == IP_FREEBIND || ctx->optname == IP_TRANSPARENT)) ||
		      (ctx->level == SOL_IPV6 && (ctx->optname == IPV6_FREEBIND || ctx->optname == IPV6_TRANSPARENT));
	int range = ctx->level == SOL_IP && ctx->optname == IP_LOCAL_PORT_RANGE;
	struct bpf_sock *sk = ctx->sk;
	struct socket_state *state = sk && (foreign || range) ? bpf_sk_storage_get(&sockets, sk, 0, 0) : 0;

	if (!state)
		return;
	if (foreign)
		state->foreign = 1;
	else
		state->bound = 1;
}

static __always_inline int called_by_helper(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct config *c = settings();

	return c && c->helper && helper_pid(task->group_leader->thread_pid) == c->helper;
}

SEC("cgroup/setsockopt")
int on_setsockopt(struct bpf_sockopt *ctx)
{
	__u8 which, *value = ctx->optval;
	struct socket_state *state = errors_option(ctx, &which);

	/* Either an int or a single byte: on a little-endian host the first byte is enough for the ones that anybody writes. */
	if (!state || (void *)(value + 1) > ctx->optval_end) {
		note_probing(ctx);
		note_broadcasting(ctx);
		note_binding(ctx);
		return pass_option(ctx);
	}
	if (state->probes_path)
		return PROCEED;
	if (called_by_helper()) {
		if (*value) {
			state->errors_given |= which;
		} else { /* a socket older than the guard, whose wish the kernel has fulfilled */
			state->errors_wanted |= which;
			state->errors_given &= ~which;
		}
		return PROCEED;
	}
	if (!*value) {
		state->errors_wanted &= ~which;
		state->errors_given &= ~which;
		return PROCEED;
	}
	state->errors_wanted |= which;
	ctx->optlen = -1; /* the kernel's own part is left out */
	return PROCEED;
}

SEC("cgroup/getsockopt")
int on_getsockopt(struct bpf_sockopt *ctx)
{
	__u8 which, *value = ctx->optval;
	struct socket_state *state = errors_option(ctx, &which);

	if (!state || !(state->errors_wanted & which) || (void *)(value + 1) > ctx->optval_end)
		return pass_option(ctx);
	*value = 1;
	return PROCEED;
}

#endif
