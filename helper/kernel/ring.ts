// Reads a BPF ring buffer without callbacks: the mapped pages are viewed from JavaScript, a poll on the map wakes the loop.
// Layout of the pages: kernel, Documentation/bpf/ringbuf.rst; one page of consumer position, one of producer position, data twice.
import koffi from "koffi";
import { map } from "./libc.ts";

const page = 4096;
const headerBytes = 8;
const busyBit = 0x80000000;
const discardBit = 0x40000000;
const lengthMask = 0x3fffffff;

/**
 * How long records are read before clients, timers and names have their turn, milliseconds, and how many at least: a flood must not keep the
 * helper from its people, and on a busy computer one record may take all that time.
 */
const turn = 10;
const atLeast = 8;
/** For whoever wants to know what the kernel has said until now: what comes without a flood is read whole, however busy the computer is. */
const atLeastAsked = 32;

/** `bytes` is a view into the ring, valid only during the call. False: not yet, the record stays where it is and is read again later. */
export type RecordReader = (bytes: Buffer) => boolean;

export class Ring {
  private readonly consumer: BigInt64Array;
  private readonly producer: BigInt64Array;
  private readonly headers: Int32Array;
  private readonly data: Buffer;
  private readonly mask: number;
  private readonly read: RecordReader;
  private readonly failed: (error: unknown) => void;
  private draining = false;
  private handle: { ref(): void; stop(): void; close(): void } | undefined;

  /** `size`: the map's max_entries, a power of two. `failed` hears of readers that threw. `woken`: instead of reading at once. */
  constructor(
    fd: number,
    size: number,
    read: RecordReader,
    failed: (error: unknown) => void,
    woken: () => void = () => this.readATurn(),
  ) {
    this.read = read;
    this.failed = failed;
    this.mask = size - 1;
    this.consumer = new BigInt64Array(map(fd, page, 0, true), 0, 1);
    // The data pages are mapped twice in a row, so that no record is ever split at the end.
    const shared = map(fd, page + 2 * size, page, false);
    this.producer = new BigInt64Array(shared, 0, 1);
    this.headers = new Int32Array(shared, page);
    this.data = Buffer.from(shared, page, 2 * size);
    this.handle = koffi.node.poll(fd, { readable: true }, woken) as unknown as NonNullable<typeof this.handle>;
    // Without the reference the handle is collected and the callback never runs (koffi 3.3, undocumented).
    this.handle.ref();
  }

  /**
   * Reads every record that is complete by now, or for `most` milliseconds; whether there was any. A call from within a reader
   * does nothing: the outer one goes on.
   */
  drain(most = Number.POSITIVE_INFINITY): boolean {
    return this.readUntil(Number(Atomics.load(this.producer, 0)), performance.now() + most, atLeastAsked);
  }

  /** Reads for a short while; whether there was anything. What is left wakes the loop again: the poll reports data, not arrivals. */
  readATurn(): boolean {
    return this.readUntil(Number.POSITIVE_INFINITY, performance.now() + turn, atLeast);
  }

  /** Whether there is nothing, not even a record that is being written. */
  get isEmpty(): boolean {
    return Atomics.load(this.consumer, 0) >= Atomics.load(this.producer, 0);
  }

  private readUntil(end: number, deadline: number, least: number): boolean {
    if (this.draining) return false;
    this.draining = true;
    const start = Atomics.load(this.consumer, 0);
    try {
      this.readAll(end, deadline, least);
      return Atomics.load(this.consumer, 0) > start;
    } finally {
      this.draining = false;
    }
  }

  /** The position advances record by record: a reader that throws loses one record only. */
  private readAll(end: number, deadline: number, least: number): void {
    let position = Number(Atomics.load(this.consumer, 0));
    for (let count = 1; position < end && position < Number(Atomics.load(this.producer, 0)); count++) {
      const header = this.headerAt(position);
      if (header & busyBit) return;
      try {
        if (!(header & discardBit) && !this.read(this.recordAt(position, header))) return;
      } catch (error) {
        this.failed(error);
      }
      position += ((header & lengthMask) + headerBytes + 7) & ~7;
      Atomics.store(this.consumer, 0, BigInt(position));
      if (count % least === 0 && performance.now() > deadline) return;
    }
  }

  private headerAt(position: number): number {
    return Atomics.load(this.headers, (position & this.mask) >> 2) >>> 0;
  }

  private recordAt(position: number, header: number): Buffer {
    const start = (position & this.mask) + headerBytes;
    return this.data.subarray(start, start + (header & lengthMask));
  }

  /** The record that is read next; null when there is none, or when it is still being written. */
  peek(): Buffer | null {
    const position = Number(Atomics.load(this.consumer, 0));
    if (position >= Number(Atomics.load(this.producer, 0))) return null;
    const header = this.headerAt(position);
    return header & busyBit ? null : this.recordAt(position, header);
  }

  close(): void {
    this.handle?.stop();
    this.handle?.close();
    this.handle = undefined;
  }
}
