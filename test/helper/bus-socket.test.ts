// What comes from a bus, cut anywhere: small messages whole, large ones not at all, and nothing of what follows them lost.
import { expect, test } from "vitest";
import { maxMessageBytes, SmallMessages } from "../../helper/bus-socket.ts";

/** Its fields, whose length is not counted up to a multiple of 8, and its body hold nothing but `fill`. */
function message(size: number, fill: string, little: boolean): Buffer {
  const all = Buffer.alloc(size, fill);
  all.write(little ? "l" : "B");
  const number = (value: number, at: number) => (little ? all.writeUInt32LE(value, at) : all.writeUInt32BE(value, at));
  number(size - 16 - 24, 4);
  number(21, 12);
  return all;
}

test.each([1, 13, 15, 17, 65_536, 4_000_000])("in pieces of %i bytes", (piece) => {
  const [one, other] = [message(40, "1", true), message(117, "2", false)];
  const greeting = Buffer.from("OK 0123456789abcdef\r\n");
  // Byte by byte without: that many pieces take a while.
  const large = piece > 1;
  const largest = large ? [message(maxMessageBytes, "3", true)] : [];
  const tooLarge = large ? [message(maxMessageBytes + 1, "x", true), message(maxMessageBytes + 1, "x", false)] : [];
  const all = Buffer.concat([greeting, one, ...tooLarge, other, ...largest, one]);
  const passed: Buffer[] = [];
  const stream = new SmallMessages();
  stream.on("data", (chunk: Buffer) => passed.push(chunk));
  for (let at = 0; at < all.length; at += piece) stream.write(all.subarray(at, at + piece));
  stream.end();
  return new Promise<void>((resolve, reject) =>
    stream.once("error", reject).once("end", () => {
      const expected = Buffer.concat([greeting, one, other, ...largest, one]);
      expect(Buffer.concat(passed).equals(expected)).toBe(true);
      resolve();
    }),
  );
});
