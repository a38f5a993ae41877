/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiled policy's look-up. The destination names a path of tables, from the most specific to `any`; in each table
 * the slot shapes run from narrow to wide. The first slot found decides: that is the total order of helper/policy/order.ts.
 */
#ifndef PICKET_POLICY_H
#define PICKET_POLICY_H

/* What is asked of the policy. `port`: the one asked for, the remote's outbound and the app's own inbound. `protocol`: IP's number. */
struct question {
	__u8 address[16];
	__u32 app;
	__u32 user; /* of the process */
	__u16 port;
	__u8 protocol;
	__u8 direction;
};

static __always_inline struct path *path_of(struct config *c, const __u8 *address)
{
	struct range_key range = { .prefix_bits = 128 };
	struct path *path;
	void *now;

	/* On the stack for both: Linux 6.1 takes no key from a global function's argument. */
	__builtin_memcpy(range.address, address, sizeof(range.address));
	if (bpf_map_peek_elem(&maybe_hosts, range.address) == 0 && (now = hosts_now())) {
		path = bpf_map_lookup_elem(now, range.address);
		if (path)
			return path;
	}
	path = bpf_map_lookup_elem(&ranges, &range);
	return path ? path : &c->any;
}

static __always_inline __u8 protocol_class(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
		return protocol;
	case 58: /* ICMPv6 */
		return PROTOCOL_ICMP;
	default:
		return PROTOCOL_OTHER;
	}
}

/* 127.0.0.0/8 and ::1. */
static __always_inline int is_loopback(const __u8 *address)
{
	__u64 high, low;

	__builtin_memcpy(&high, address, 8);
	__builtin_memcpy(&low, address + 8, 8);
	if (high)
		return 0;
	low = bpf_be64_to_cpu(low);
	return low == 1 || (low >> 24) == 0x0000ffff7full;
}

/*
 * Answers to look-ups that were copied (names.bpf.h): up to where in the ring, and since when the oldest of them was not read. Torn by two
 * CPUs they cost a defer, or one that comes too late by the time between two instructions.
 */
static volatile __u64 answers_end, unread_since;

/* How long answers that nobody reads count: then no helper runs, and what is known is all there will be. Nanoseconds. */
#define ANSWER_PATIENCE 2000000000ull

static __always_inline int answers_unread(void)
{
	return bpf_ringbuf_query(&names, BPF_RB_CONS_POS) < answers_end && bpf_ktime_get_ns() - unread_since < ANSWER_PATIENCE;
}

/* The compiler neither repeats such a read nor moves it; loads are in order on x86, elsewhere nearly so. */
#define READ_NOW(member) (*(volatile __u32 *)&(member))
#define BARRIER() asm volatile("" : : : "memory")

/*
 * Global, so that the verifier checks it once and not at every call (a static function is checked anew in each context, and the loops
 * multiply). Returns an enum action; writes the deciding rule.
 */
__noinline __u32 look_up(struct question *q, __u32 *rule)
{
	struct config *c = settings();
	__u32 override, writes, default_action, person;
	struct path path;
	int depth, shape;

	if (!c || !q || !rule)
		return ACTION_ASK;
	override = c->override;
	if (override && !is_loopback(q->address))
		return override;
	/* The helper overwrites the config where it is: half an old path and half a new one might lead past a table that both have. */
	writes = READ_NOW(c->writes);
	path = *path_of(c, q->address);
	default_action = READ_NOW(c->default_action);
	person = READ_NOW(c->person);
	BARRIER();
	if ((writes & 1) || READ_NOW(c->writes) != writes)
		return ACTION_ASK;
	if (path.tables[0] == TABLE_NAMED && answers_unread())
		return ACTION_ASK;
	depth = path.tables[0] != TABLE_RESOLVER ? 0 : q->port == DNS_PORT ? 2 : 1;
	for (; depth < PATH_DEPTH; depth++) {
		__u32 table = path.tables[depth];
		__u32 *shapes;

		if (!table)
			break;
		if (table == TABLE_DEFER)
			return ACTION_ASK;
		shapes = bpf_map_lookup_elem(&tables, &table);
		if (!shapes)
			continue;
		for (shape = 0; shape < SHAPES; shape++) {
			struct slot_key key = { .table = table, .shape = shape };
			struct slot *slot;

			if (!(*shapes & (1u << shape)))
				continue;
			if (!(shape & SHAPE_ANY_APP)) {
				/* A rule for some app might apply and this one has no name yet: the helper decides. */
				if (!q->app)
					return ACTION_ASK;
				key.app = q->app;
			}
			if (!(shape & SHAPE_ANY_PORT))
				key.port = q->port;
			if (!(shape & SHAPE_ANY_PROTOCOL))
				key.protocol = protocol_class(q->protocol);
			if (!(shape & SHAPE_ANY_DIRECTION))
				key.direction = q->direction;
			slot = bpf_map_lookup_elem(&slots, &key);
			if (slot) {
				if ((slot->action & ACTION_PERSONAL) && q->user != person)
					return ACTION_ASK;
				*rule = slot->rule;
				return slot->action & ~ACTION_PERSONAL;
			}
		}
	}
	return default_action;
}

#endif
