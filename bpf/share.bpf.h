/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of a ring one app may have: what the helper has not read yet, others wait behind. */
#ifndef PICKET_SHARE_H
#define PICKET_SHARE_H

/* Of large datagrams some thirty, more than are sent at a time. */
#define EVENTS_SHARE (EVENTS_BYTES / 4)
/* Every record counts for as much at least: others wait for their number, and 512 is all that the helper would take of one app at once. */
#define EVENTS_LEAST (EVENTS_SHARE / 512)
/* A resolver of this computer asks for everybody. */
#define NAMES_SHARE (NAMES_RING_BYTES / 4)

/* Not the executable where the app is known: every script of an interpreter would answer for a flood of any other. */
static __always_inline struct share_key share_of(struct socket_state *state)
{
	struct share_key key = {};

	if (state->app) {
		key.app = state->app;
	} else {
		key.inode = state->process.exe.inode;
		key.device = state->process.exe.device;
	}
	return key;
}

/* Of the sizes that records come in, the one that has room for so many bytes. */
static __always_inline __u32 room_of(__u32 bytes, __u32 small, __u32 medium, __u32 large)
{
	return bytes <= small ? small : bytes <= medium ? medium : large;
}

/*
 * Whether the app has `most` bytes in `ring` that are not read. Counted anew once the first of them is, or where there is nothing to read:
 * it never has more than twice as much, and whoever reads need not count. A position that is yet to come is another ring's.
 */
static __always_inline int over_share_of(void *ring, void *counted, struct socket_state *state, __u32 bytes, __u64 most)
{
	struct share fresh = { .position = bpf_ringbuf_query(ring, BPF_RB_PROD_POS), .bytes = bytes }, *share;
	struct share_key key = share_of(state);
	__u64 read = bpf_ringbuf_query(ring, BPF_RB_CONS_POS);

	share = bpf_map_lookup_elem(counted, &key);
	if (!share) {
		bpf_map_update_elem(counted, &key, &fresh, BPF_ANY);
		return 0;
	}
	if (read > share->position || read == fresh.position || share->position > fresh.position) {
		*share = fresh;
		return 0;
	}
	return __sync_add_and_fetch(&share->bytes, bytes) > most;
}

/* Global, for a stack of its own. Whoever calls counts what it then drops. */
__noinline int over_share(struct socket_state *state, __u32 bytes)
{
	if (!state)
		return 0;
	return over_share_of(&events, &shares, state, bytes < EVENTS_LEAST ? EVENTS_LEAST : bytes, EVENTS_SHARE);
}

#endif
