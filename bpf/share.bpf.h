/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one app may have of ring `events` while that fills up. */
#ifndef PICKET_SHARE_H
#define PICKET_SHARE_H

/* The last quarter of the ring is shared: an app gets this much of it in a second. A flood must not keep others from being heard. */
#define SHARED_FROM (EVENTS_BYTES / 4 * 3)
#define SHARE_BYTES (EVENTS_BYTES / 32)
#define SECOND 1000000000ull

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

/* Global, for a stack of its own. Returns whether the app has had its share: whoever calls counts what it then drops. */
__noinline int over_share(struct socket_state *state, __u32 bytes)
{
	struct share fresh = { .since = bpf_ktime_get_ns(), .bytes = bytes }, *share;
	struct share_key key;

	if (!state || bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < SHARED_FROM)
		return 0;
	key = share_of(state);
	share = bpf_map_lookup_elem(&shares, &key);
	if (!share || fresh.since - share->since > SECOND) {
		bpf_map_update_elem(&shares, &key, &fresh, BPF_ANY);
		return 0;
	}
	__sync_fetch_and_add(&share->bytes, bytes);
	return share->bytes > SHARE_BYTES;
}

#endif
