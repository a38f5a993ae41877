// What an app put into a packet that the kernel programs captured: one segment, or one or more datagrams (UDP GSO).
import { transport } from "../kernel/packet.ts";
import { parsed } from "./byte-reader.ts";

export interface Payload {
  /** TCP: number of the first byte. UDP: null. */
  readonly sequence: number | null;
  readonly bytes: Buffer;
}

const mostDatagrams = 64;

/** None for anything but TCP and UDP with something in it. `segmentBytes`: of each datagram, 0 when there is one. Throws nothing. */
export function payloadsOf(packet: Buffer, segmentBytes: number): Payload[] {
  return (
    parsed(() => {
      const { at, protocol } = transport(packet);
      if (protocol === 6) {
        const bytes = packet.subarray(at + (packet.readUInt8(at + 12) >> 4) * 4);
        // A SYN's own number comes before that of its first byte.
        const sequence = (packet.readUInt32BE(at + 4) + ((packet.readUInt8(at + 13) >> 1) & 1)) >>> 0;
        return bytes.length === 0 ? [] : [{ sequence, bytes }];
      }
      if (protocol !== 17) return [];
      const all = packet.subarray(at + 8);
      const size = segmentBytes > 0 ? segmentBytes : all.length;
      const count = Math.min(mostDatagrams, size > 0 ? Math.ceil(all.length / size) : 0);
      return Array.from({ length: count }, (_, n) => ({
        sequence: null,
        bytes: all.subarray(n * size, (n + 1) * size),
      }));
    }) ?? []
  );
}
