// DNS over TCP (RFC 1035, 4.2.2): messages behind two bytes of length each, from segments in any pieces.
import { TcpBytes } from "./tcp-bytes.ts";

/** Longest message that is kept; a longer one is passed over. */
const mostBytes = 16 * 1024;

export class DnsStream {
  private readonly bytes: TcpBytes;
  private rest: Buffer = Buffer.alloc(0);
  /** Bytes of a message that is too long to be kept. */
  private skip = 0;
  private lost = false;

  /** `first`: number of the stream's first byte, which follows its SYN's. */
  constructor(first: number) {
    this.bytes = new TcpBytes(first);
  }

  /** The messages that are complete by now. */
  push(sequence: number, segment: Buffer): Buffer[] {
    const fresh = this.lost ? null : this.bytes.push(sequence, segment);
    if (fresh === null) {
      this.lost = true;
      this.rest = Buffer.alloc(0);
      return [];
    }
    return this.cut(fresh);
  }

  private cut(fresh: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let bytes = Buffer.concat([this.rest, fresh.subarray(Math.min(this.skip, fresh.length))]);
    this.skip = Math.max(0, this.skip - fresh.length);
    while (bytes.length >= 2) {
      const length = bytes.readUInt16BE(0);
      if (length > mostBytes) {
        this.skip = Math.max(0, 2 + length - bytes.length);
        bytes = bytes.subarray(Math.min(bytes.length, 2 + length));
      } else if (bytes.length >= 2 + length) {
        messages.push(bytes.subarray(2, 2 + length));
        bytes = bytes.subarray(2 + length);
      } else {
        break;
      }
    }
    this.rest = bytes;
    return messages;
  }
}
