/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a flow comes by its verdict, and how the verdict follows a policy that changes under it. */
#ifndef PICKET_VERDICT_H
#define PICKET_VERDICT_H

static __always_inline __u32 generation(void)
{
	struct config *c = settings();

	return c ? c->generation : 0;
}

/* What policy says of an app's flow. `user`: whose process it is. `port`: the one asked for, the remote's outbound and the app's own inbound. */
static __always_inline __u32 judge_app(__u32 app, __u32 user, struct flow_key *flow, __u8 direction, __u16 port,
					   __u32 *rule)
{
	struct question q = { .app = app, .user = user, .port = port, .protocol = flow->protocol, .direction = direction };

	__builtin_memcpy(q.address, flow->address, sizeof(q.address));
	return look_up(&q, rule);
}

/* The same for the app that the socket's process is by now. */
static __always_inline __u32 judge(struct socket_state *state, struct flow_key *flow, __u8 direction, __u16 port, __u32 *rule)
{
	return judge_app(app_of(state), state->process.uid, flow, direction, port, rule);
}

/* Whether a gate has a verdict that holds: policy's of today, or a person's. One that nobody removed may be older than the policy. */
static __always_inline int is_decided(struct gate *gate)
{
	return gate && (gate->state == FLOW_ALLOWED || gate->state == FLOW_BLOCKED) &&
	       (gate->answered || gate->generation == generation());
}

/* The same of what carries no data: the helper may want to read what is said first. */
static __always_inline int is_handshake_decided(struct gate *gate)
{
	return is_decided(gate) || (gate && gate->state == FLOW_HANDSHAKE && gate->generation == generation());
}

/* Whether packets of the connection go, as far as the policy of its generation says. */
static __always_inline int is_let_go(struct socket_state *state)
{
	return state->state == FLOW_ALLOWED || state->state == FLOW_HANDSHAKE;
}

/* The helper's verdict moves from the gate to the socket, where no eviction can take it. */
static __always_inline void take_gate(struct socket_state *state, struct gate *gate)
{
	state->state = gate->state;
	state->rule = gate->rule;
	state->generation = gate->generation;
	state->answered = gate->answered;
	keep_number(state);
}

/*
 * An allowed connection under a policy that changed: a block ends it, a question holds it where it stands, unless a person allowed this
 * very connection. The generation is read before the maps are: a change in between is met by the next packet. It is written last:
 * until then packets on other CPUs judge as well. While nobody knows the app, a rule of it may still block: every packet asks.
 */
__noinline int judge_again(struct socket_state *state)
{
	__u32 rule = 0, action, now;

	if (!state)
		return 0;
	now = generation();
	action = judge(state, &state->flow, state->direction, state->flow.port, &rule);
	if (action == ACTION_BLOCK) {
		state->state = FLOW_BLOCKED;
		state->rule = rule;
		count(COUNTER_BLOCKED);
		TELL(state, &state->flow, RECORD_DECIDED, FLOW_BLOCKED, rule, 1);
	} else if (action == ACTION_ALLOW) {
		state->rule = rule;
	} else if (!state->answered) {
		state->state = FLOW_HELD;
	} else if (!state->app) {
		return 0;
	}
	state->generation = now;
	return 0;
}

#endif
