// Numbers in a block of bytes: columns, each as narrow as its largest number. Pure.
//
//   u32 version | u32 … | u32 … | padding to 16 | columns
//   a column: u32 bytes of each number (1, 2, 4, or 8: a float64) | padding to 8 | numbers | padding to 8

export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

const headLength = 16;
const widths = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array } as const;
type Width = keyof typeof widths;

function widthFor(numbers: ArrayLike<number>): Width {
  let most = 0;
  for (let at = 0; at < numbers.length; at++) if ((numbers[at] as number) > most) most = numbers[at] as number;
  return most < 2 ** 8 ? 1 : most < 2 ** 16 ? 2 : most < 2 ** 32 ? 4 : 8;
}

const aligned = (bytes: number) => Math.ceil(bytes / 8) * 8;

function writeColumn(numbers: ArrayLike<number>): Buffer {
  const width = widthFor(numbers);
  const bytes = Buffer.alloc(8 + aligned(numbers.length * width));
  bytes.writeUInt32LE(width);
  new widths[width](bytes.buffer, bytes.byteOffset + 8, numbers.length).set(numbers);
  return bytes;
}

/** `head`: at most four numbers of 32 bits, the first of them a version. */
export function writeBlock(head: readonly number[], columns: readonly ArrayLike<number>[]): Buffer {
  const bytes = Buffer.alloc(headLength);
  head.forEach((number, at) => {
    bytes.writeUInt32LE(number, at * 4);
  });
  return Buffer.concat([bytes, ...columns.map(writeColumn)]);
}

/** Null for a block of another version. `column` reads one after the other, as views of `bytes`, and throws RangeError where it ends early. */
export function readBlock(
  bytes: Buffer,
  version: number,
): { head: readonly number[]; column(count: number): Column } | null {
  if (bytes.length < headLength || bytes.readUInt32LE(0) !== version) return null;
  // Views want to begin at a multiple of eight.
  const whole = bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  const head = [0, 4, 8, 12].map((at) => whole.readUInt32LE(at));
  let at = headLength;
  const column = (count: number): Column => {
    const width = at + 8 <= whole.length ? whole.readUInt32LE(at) : 0;
    const kind = widths[width as Width];
    if (kind === undefined || at + 8 + count * width > whole.length)
      throw new RangeError("a block of history ends early");
    const numbers = new kind(whole.buffer as ArrayBuffer, whole.byteOffset + at + 8, count);
    at += 8 + aligned(count * width);
    return numbers;
  };
  return { head, column };
}
