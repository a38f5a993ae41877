/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of a ring one app may have: what the helper has not read yet, others wait behind. */
#ifndef PICKET_SHARE_H
#define PICKET_SHARE_H

#define SECOND 1000000000ull /* nanoseconds */

/* Of large datagrams some thirty, more than are sent at a time. */
#define EVENTS_SHARE (EVENTS_BYTES / 4)
/* Every record counts for as much at least: others wait for their number. 512 processes are told of, each with its first packet. */
#define EVENTS_LEAST (EVENTS_SHARE / 1024)
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

/* Of a helper that stood still: nobody waits for longer than that because of it. */
#define LONGEST_PAUSE (10 * SECOND)

/*
 * Whether the app has used up its share: `most` bytes that are not read. What it has is counted anew once its first record is read, or where
 * nothing is left to read. A share that was used up comes back when all of it is read and as much time has passed again as that took: half of
 * the helper's time is others' at least, however slow it is. A position that is yet to come is another ring's.
 */
static __always_inline int over_share_of(void *ring, void *counted, struct socket_state *state, __u32 bytes, __u64 most)
{
	struct share fresh = { .begin = bpf_ringbuf_query(ring, BPF_RB_PROD_POS), .bytes = bytes }, *share;
	__u64 now = bpf_ktime_get_ns(), read = bpf_ringbuf_query(ring, BPF_RB_CONS_POS), pause;
	struct share_key key = share_of(state);

	share = bpf_map_lookup_elem(counted, &key);
	if (!share) {
		bpf_map_update_elem(counted, &key, &fresh, BPF_ANY);
		return 0;
	}
	if (share->begin > fresh.begin) {
		*share = fresh;
		return 0;
	}
	if (share->bytes <= most) {
		if (read > share->begin || read == fresh.begin) {
			*share = fresh;
			return 0;
		}
		/* Before the sum: another processor may see that, and go by these. */
		share->end = fresh.begin;
		share->first_read = 0;
		return __sync_add_and_fetch(&share->bytes, bytes) > most;
	}
	if (read < share->end) {
		if (!share->first_read && read > share->begin)
			share->first_read = now;
		share->unread = now;
		return 1;
	}
	pause = share->first_read && share->unread > share->first_read ? share->unread - share->first_read : 0;
	if (now - share->unread < (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE))
		return 1;
	*share = fresh;
	return 0;
}

/* Global, for a stack of its own. Whoever calls counts what it then drops. */
__noinline int over_share(struct socket_state *state, __u32 bytes)
{
	if (!state)
		return 0;
	return over_share_of(&events, &shares, state, bytes < EVENTS_LEAST ? EVENTS_LEAST : bytes, EVENTS_SHARE);
}

#endif
