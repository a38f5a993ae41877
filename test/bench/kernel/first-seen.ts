// The kernel's half of a first-seen flow: held by the shipped programs, reported through the ring, read in JavaScript as the helper does.
import { readFileSync } from "node:fs";
import { flowId, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { Programs, ringBytes } from "../../../helper/kernel/programs.ts";
import { countCpus, packetOf, readCounters, readRecord } from "../../../helper/kernel/records.ts";
import { Ring } from "../../../helper/kernel/ring.ts";
import { compile } from "../../../helper/policy/compile.ts";
import { OwnCgroup } from "../../bpf/own-cgroup.ts";
import { emptyPolicy } from "../../helper/policy/model.ts";

export class FirstSeenReader {
  readonly cgroup = new OwnCgroup();
  private readonly programs: Programs;
  private readonly ring: Ring;
  private readonly seen = new Set<string>();
  private failed: unknown;

  constructor(object: string) {
    this.programs = new Programs(object, this.cgroup.instance);
    const maps = new PolicyMaps(this.programs.maps, { holdTicks: 25, pidNamespace: 0 });
    const policy = emptyPolicy("ask");
    maps.apply(compile(policy, { ...target, tableId: () => 1, appId: () => 1 }));
    this.ring = new Ring(
      this.programs.maps.events.fd,
      ringBytes.events,
      (bytes) => {
        this.onRecord(bytes);
        return true;
      },
      (error) => {
        this.failed = error;
      },
    );
    this.programs.guard(this.cgroup.directory);
  }

  private onRecord(bytes: Buffer): void {
    const record = readRecord(bytes);
    if (record?.type !== recordType.held || packetOf(bytes, record).length === 0) return;
    this.seen.add(flowId(record.flow));
  }

  /** Flows reported since the last call, and held packets that found the ring full. */
  take(): { flows: number; ringFull: number } {
    if (this.failed !== undefined) throw this.failed;
    this.ring.drain();
    const flows = this.seen.size;
    this.seen.clear();
    const cpus = countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
    return { flows, ringFull: readCounters(this.programs.maps.counters, cpus).ringFull ?? 0 };
  }

  async close(): Promise<void> {
    this.ring.close();
    this.programs.remove();
    await this.cgroup.remove();
  }
}
