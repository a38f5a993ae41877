// A map that begins small and grows to what is written to it: in the kernel an array of one hash map, which is exchanged for a larger one
// (bpf/maps.bpf.h). It never becomes smaller again: to have been large once is rare, and who takes a list back often wants another.
import { BpfMap, createMapLike, mapInfo, openMap } from "./libbpf.ts";
import { close, SystemError } from "./libc.ts";

const E2BIG = 7;
/** How many times as many entries the next one takes. */
const growth = 4;
const zero = Buffer.alloc(4);

/** As if it were the map within. This process alone writes to it. */
export class GrowingMap extends BpfMap {
  private readonly most: number;
  private opened: BpfMap | undefined;

  /** `fd`: the array's. `most`: entries that it may grow to. */
  constructor(fd: number, most: number) {
    super(fd);
    this.most = most;
  }

  override capacity(): number {
    return this.most;
  }

  override set(key: Buffer, value: Buffer): void {
    for (;;) {
      try {
        this.within.set(key, value);
        return;
      } catch (error) {
        const isFull = error instanceof SystemError && error.errno === E2BIG;
        if (!isFull || this.within.capacity() >= this.most) throw error;
      }
      this.grow();
    }
  }

  override get(key: Buffer, into: Buffer): boolean {
    return this.within.get(key, into);
  }

  override delete(key: Buffer): void {
    this.within.delete(key);
  }

  override entries(): ReturnType<BpfMap["entries"]> {
    return this.within.entries();
  }

  override keys(keyBytes: number): Buffer[] {
    return this.within.keys(keyBytes);
  }

  /** Opened when it is needed: until it is known to be ours, what is pinned may be anything. */
  private get within(): BpfMap {
    if (this.opened === undefined) {
      const id = Buffer.alloc(4);
      if (!super.get(zero, id)) throw new Error("a growing map has no map within");
      this.opened = new BpfMap(openMap(id.readUInt32LE()));
    }
    return this.opened;
  }

  /** A program meets the one map or the other, and the same entries in both. Where it fails nothing has changed. */
  private grow(): void {
    const small = this.within;
    const info = mapInfo(small.fd);
    const large = new BpfMap(createMapLike(info, Math.min(info.entries * growth, this.most)));
    try {
      small.copyTo(large);
      const fd = Buffer.alloc(4);
      fd.writeUInt32LE(large.fd);
      super.set(zero, fd);
    } catch (error) {
      close(large.fd);
      throw error;
    }
    this.opened = large;
    // Only now: when the write returns, no program looks in the old one any more. Before 6.1.75 Linux itself did not wait for them.
    close(small.fd);
  }
}
