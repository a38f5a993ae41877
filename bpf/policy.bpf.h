/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiled policy's look-up. The destination names a path of tables, from the most specific to `any`; in each table
 * the slot shapes run from narrow to wide. The first slot found decides: that is the total order of helper/policy/order.ts.
 */
#ifndef PICKET_POLICY_H
#define PICKET_POLICY_H

#define SHAPES 8
#define SHAPE_ANY_APP 4
#define SHAPE_ANY_PORT 2
#define SHAPE_ANY_PROTOCOL 1

static __always_inline struct path *path_of(struct config *c, const __u8 *address)
{
	struct range_key range = { .prefix_bits = 128 };
	struct path *path = bpf_map_lookup_elem(&hosts, address);

	if (path)
		return path;
	__builtin_memcpy(range.address, address, sizeof(range.address));
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

/* Not inlined: verified once, called from every hook. Returns an enum action; writes the deciding rule. */
static __noinline __u32 look_up(__u32 app, struct flow_key *flow, __u32 *rule)
{
	struct config *c = settings();
	struct path *path;
	int depth, shape;

	if (!c || !flow || !rule)
		return ACTION_ASK;
	path = path_of(c, flow->address);
	for (depth = 0; depth < PATH_DEPTH; depth++) {
		__u32 table = path->tables[depth];
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
				if (!app)
					return ACTION_ASK;
				key.app = app;
			}
			if (!(shape & SHAPE_ANY_PORT))
				key.port = flow->port;
			if (!(shape & SHAPE_ANY_PROTOCOL))
				key.protocol = protocol_class(flow->protocol);
			slot = bpf_map_lookup_elem(&slots, &key);
			if (slot) {
				*rule = slot->rule;
				return slot->action;
			}
		}
	}
	return c->default_action;
}

#endif
