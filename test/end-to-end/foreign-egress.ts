// A program of somebody else on a cgroup, as systemd's IPAddressDeny attaches one: refuses what goes to one address.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePrefix } from "../../helper/policy/address.ts";

/** What it refuses: packets to this mapped address. */
function source(denied: Buffer): string {
  return `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("cgroup_skb/egress") int foreign(struct __sk_buff *skb)
{
	unsigned char first, to[16] __attribute__((aligned(8))) = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	if (bpf_skb_load_bytes(skb, 0, &first, 1) < 0)
		return 1;
	if (first >> 4 == 4 ? bpf_skb_load_bytes(skb, 16, to + 12, 4) < 0 : bpf_skb_load_bytes(skb, 24, to, 16) < 0)
		return 1;
	return *(__u64 *)to != ${denied.readBigUInt64LE(0)}ull || *(__u64 *)(to + 8) != ${denied.readBigUInt64LE(8)}ull;
}
char LICENSE[] SEC("license") = "GPL";
`;
}

export class ForeignEgress {
  private readonly pin = `/sys/fs/bpf/picket-test-foreign-${randomBytes(4).toString("hex")}`;
  private readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async attach(directory: string, denied: string): Promise<ForeignEgress> {
    const foreign = new ForeignEgress(directory);
    const folder = mkdtempSync(join(tmpdir(), "picket-foreign-"));
    try {
      const address = parsePrefix(denied)?.hex;
      if (address === undefined) throw new Error(denied);
      writeFileSync(join(folder, "foreign.c"), source(Buffer.from(address, "hex")));
      const headers = `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
      const flags = ["-O2", "-g", "-target", "bpf", "-I", headers];
      execFileSync("clang-14", [...flags, "-c", join(folder, "foreign.c"), "-o", join(folder, "foreign.o")]);
      execFileSync("bpftool", ["prog", "load", join(folder, "foreign.o"), foreign.pin]);
      execFileSync("bpftool", ["cgroup", "attach", directory, "egress", "pinned", foreign.pin, "multi"]);
      return foreign;
    } catch (error) {
      rmSync(foreign.pin, { force: true });
      throw error;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  detach(): void {
    execFileSync("bpftool", ["cgroup", "detach", this.directory, "egress", "pinned", this.pin]);
    rmSync(this.pin, { force: true });
  }
}
