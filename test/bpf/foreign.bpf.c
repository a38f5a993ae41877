// SPDX-License-Identifier: GPL-2.0-or-later
// Somebody else's program on a cgroup, as systemd's IPAddressDeny attaches one: refuses packets to the one (mapped) address in `denied`.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct address {
	__u64 halves[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct address);
} denied SEC(".maps");

SEC("cgroup_skb/egress") int foreign(struct __sk_buff *skb)
{
	unsigned char first, to[16] __attribute__((aligned(8))) = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct address *refused;
	__u32 zero = 0;

	refused = bpf_map_lookup_elem(&denied, &zero);
	if (!refused || bpf_skb_load_bytes(skb, 0, &first, 1) < 0)
		return 1;
	if (first >> 4 == 4 ? bpf_skb_load_bytes(skb, 16, to + 12, 4) < 0 : bpf_skb_load_bytes(skb, 24, to, 16) < 0)
		return 1;
	return *(__u64 *)to != refused->halves[0] || *(__u64 *)(to + 8) != refused->halves[1];
}

char LICENSE[] SEC("license") = "GPL";
