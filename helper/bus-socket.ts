// A bus's socket, for a D-Bus client that reads small messages only. Whoever is on the bus may send us a large one, and the client ends its
// connection over what it will not read: such a message is left out here, and the connection goes on.
import { connect } from "node:net";
import { Duplex, Transform } from "node:stream";

/** Replies we read are small; the client's own default is 128 MiB. */
export const maxMessageBytes = 1 << 20;
/** By then every message has said how long it is. */
const head = 16;
const littleEndian = 0x6c;

/** A connection for a D-Bus client that has still to say who it is. */
export function connectToBus(path: string): Duplex {
  const socket = connect(path);
  return Duplex.from({ readable: socket.pipe(new SmallMessages()), writable: socket });
}

/** Passes the line with which the bus knows us, then whole messages. Exported for its test. */
export class SmallMessages extends Transform {
  private known = false;
  /** Less than a head. */
  private begun: Buffer = Buffer.alloc(0);
  /** Bytes of the message under way that are still to come. */
  private left = 0;
  private passes = true;

  override _transform(chunk: Buffer, _: unknown, done: () => void): void {
    let rest = Buffer.concat([this.begun, chunk]);
    if (!this.known) {
      const line = rest.subarray(0, rest.indexOf("\n") + 1 || rest.length);
      this.known = line.at(-1) === 0x0a;
      this.push(line);
      rest = rest.subarray(line.length);
    }
    while (this.left > 0 || rest.length >= head) {
      if (this.left === 0) {
        this.left = lengthOf(rest);
        this.passes = this.left <= maxMessageBytes;
      }
      const piece = rest.subarray(0, this.left);
      if (piece.length === 0) break;
      if (this.passes) this.push(piece);
      this.left -= piece.length;
      rest = rest.subarray(piece.length);
    }
    this.begun = rest;
    done();
  }
}

/** Bytes of the message that begins so: its head, an array of fields up to a multiple of 8, its body. */
function lengthOf(message: Buffer): number {
  const number = (at: number) => (message[0] === littleEndian ? message.readUInt32LE(at) : message.readUInt32BE(at));
  return head + Math.ceil(number(12) / 8) * 8 + number(4);
}
