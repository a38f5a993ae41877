// What the helper tells the kernel programs beside the policy (enum notice in bpf/picket.h).
import { notice } from "./layout.ts";
import type { BpfMap } from "./libbpf.ts";

export class Notices {
  private readonly map: BpfMap;
  private readonly key = Buffer.alloc(4);
  private readonly value = Buffer.alloc(4);

  constructor(map: BpfMap) {
    this.map = map;
  }

  /** The journal's next record is to wake the helper, once. */
  fallAsleep(): void {
    this.key.writeUInt32LE(notice.asleep);
    this.value.writeUInt32LE(1);
    this.map.set(this.key, this.value);
  }

  /** Datagrams may have gone by a verdict that is taken back: each gate is asked again. */
  takeBack(): void {
    this.count(notice.gates);
  }

  /** Sockets may remember numbers of apps that are in the maps no more: each is looked up again. */
  takeBackNumbers(): void {
    this.count(notice.numbers);
  }

  private count(which: number): void {
    this.key.writeUInt32LE(which);
    this.map.get(this.key, this.value);
    this.value.writeUInt32LE((this.value.readUInt32LE() + 1) >>> 0);
    this.map.set(this.key, this.value);
  }
}
