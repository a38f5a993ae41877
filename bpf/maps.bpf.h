/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every map, and the two smallest things done with them: read the config, count. */
#ifndef PICKET_MAPS_H
#define PICKET_MAPS_H

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE); /* CLONE: accepted sockets start from their listener's state */
	__type(key, int);
	__type(value, struct socket_state);
} sockets SEC(".maps");

/* LRU: an evicted gate is judged again, so eviction can delay but never allow. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct gate);
} gates SEC(".maps");

/* Held TCP flows. When it is full, a flow is found again by its next retransmission instead. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct flow_key);
	__type(value, struct held_syn);
} held_syns SEC(".maps");

/* Executable -> app id, filled by the helper once it has named the executable: for those that are one app whoever runs them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct exe_key);
	__type(value, __u32);
} apps SEC(".maps");

/*
 * Process -> app id, for every other executable: interpreters, which are the app of their script, and what the helper could not name. 0:
 * the helper was told of it. LRU: an evicted process is told of again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct process_key);
	__type(value, __u32);
} processes SEC(".maps");

/* How every living process was started. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32768);
	__type(key, struct process_key);
	__type(value, struct launch);
} launches SEC(".maps");

/* Processes that `launches` had no room for. Beyond these as well, they pass for older than the programs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct process_key);
	__type(value, __u32);
} unrecorded SEC(".maps");

/* Guarded cgroups by id, whose sockets are adopted -> 1 once those older than the guard were searched. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} guarded SEC(".maps");

/* Listening ports of sockets that are being adopted -> the listener's cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct listener_key);
	__type(value, __u64);
} listeners SEC(".maps");

/*
 * A hash map has its buckets from the start, as many as it takes entries, and few people fill this one much. So it is the only one in an array,
 * and the helper exchanges it for a larger one when it is full (helper/kernel/growing-map.ts).
 */
struct hosts_within {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct host_key);
	__type(value, struct path);
} hosts_within SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct hosts_within);
} hosts SEC(".maps") = { .values = { &hosts_within } };

/*
 * What may be in `hosts`: most addresses that a machine talks to are not, and to miss in a small table of bits costs a tenth of missing
 * in a large one of buckets. Nothing can be taken out; what is left over costs a look-up. 512 KB: of other addresses, a fifth look like
 * one of a million.
 */
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 2097152);
	__uint(map_extra, 1); /* bits an address */
	__type(value, struct host_key);
} maybe_hosts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144);
	__type(key, struct range_key);
	__type(value, struct path);
} ranges SEC(".maps");

/* Table id -> bit mask of the slot shapes it has. Tables with a larger id are the helper's to decide. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 262144);
	__type(key, __u32);
	__type(value, __u32);
} tables SEC(".maps");

/* Not a growing one: every look-up asks it several times, and to ask a map that is only known at that moment costs a call more. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, struct slot_key);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} configs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

#define EVENTS_BYTES (8 * 1024 * 1024)

/* Held packets: the helper must hear of each, so it is woken for each. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENTS_BYTES);
} events SEC(".maps");

/* What each app has of `events` (bpf/share.bpf.h). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct share_key);
	__type(value, struct share);
} shares SEC(".maps");

/* Decided and ended flows: read in batches; when it is full, flows are missing from the list and counted. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} journal SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NOTICE_MAX);
	__type(key, __u32);
	__type(value, __u32);
} notices SEC(".maps");

#define NAMES_RING_BYTES (1024 * 1024)

/* Look-ups: read before anything in `events` is judged. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, NAMES_RING_BYTES);
} names SEC(".maps");

/* The same of `names`. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct share_key);
	__type(value, struct share);
} name_shares SEC(".maps");

/* The one that `hosts` has at the moment. */
static __always_inline void *hosts_now(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&hosts, &zero);
}

static __always_inline struct config *settings(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&configs, &zero);
}

static __always_inline __u32 notice(__u32 which)
{
	__u32 *value = bpf_map_lookup_elem(&notices, &which);
	return value ? *value : 0;
}

static __always_inline void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &which);
	if (value)
		(*value)++; /* per CPU; a lost increment under preemption is acceptable here */
}

/* What was counted turns out not to be: one CPU may then be below zero, all together are not. */
static __always_inline void take_back(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &which);
	if (value)
		(*value)--;
}

#endif
