// Reads big-endian numbers and length-prefixed pieces one after another. Throws RangeError beyond the end: parsers catch it in one place.

export class ByteReader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Of 1 to 6 bytes. */
  number(bytes: number): number {
    const value = this.bytes.readUIntBE(this.at, bytes);
    this.at += bytes;
    return value;
  }

  /** A view, not a copy. */
  take(bytes: number): Buffer {
    if (bytes > this.left) throw new RangeError("beyond the end");
    this.at += bytes;
    return this.bytes.subarray(this.at - bytes, this.at);
  }

  /** What follows a length of `lengthBytes` bytes, that long. */
  piece(lengthBytes: number): Buffer {
    return this.take(this.number(lengthBytes));
  }

  /** QUIC's variable-length integer (RFC 9000, 16). */
  variable(): number {
    const first = this.number(1);
    const more = (1 << (first >> 6)) - 1;
    let value = first & 0x3f;
    for (let i = 0; i < more; i++) value = value * 256 + this.number(1);
    return value;
  }
}

/** Null for bytes that `parse` runs out of, or that a library refuses. */
export function parsed<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}
