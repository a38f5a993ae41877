// Framing: one JSON value per line, UTF-8, "\n" at its end. Requests carry a client-chosen id, replies repeat it, events have none.
import * as v from "valibot";
import { eventNames } from "./methods.ts";

/** Longest line the helper accepts from a client, bytes, newline excluded. */
export const maxRequestBytes = 64 * 1024;
/** Longest line a client accepts from the helper, bytes. */
export const maxReplyBytes = 16 * 1024 * 1024;

export const requestSchema = v.strictObject({
  id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
  method: v.pipe(v.string(), v.maxLength(64)),
  params: v.optional(v.unknown()),
});
export type Request = v.InferOutput<typeof requestSchema>;

/** `id` is null when the request was too broken to have one. */
export const replySchema = v.union([
  v.strictObject({ id: v.number(), result: v.unknown() }),
  v.strictObject({ id: v.nullable(v.number()), error: v.object({ code: v.string(), message: v.string() }) }),
]);
export type Reply = v.InferOutput<typeof replySchema>;

export const eventSchema = v.strictObject({ event: v.picklist(eventNames), data: v.unknown() });
export type Event = v.InferOutput<typeof eventSchema>;

/** Splits a byte stream into lines and refuses one that outgrows `limit` before it is complete. Pure apart from its buffer. */
export class LineSplitter {
  private chunks: Uint8Array[] = [];
  private held = 0;
  private readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Returns the lines completed by `chunk`; throws RangeError when a line is longer than the limit. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(10, start);
      if (end < 0) break;
      this.keep(chunk.subarray(start, end));
      lines.push(this.take());
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
    return lines;
  }

  private keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.held += part.length;
    if (this.held > this.limit) throw new RangeError(`line longer than ${this.limit} bytes`);
    this.chunks.push(part.slice());
  }

  private take(): string {
    const line = new Uint8Array(this.held);
    let at = 0;
    for (const part of this.chunks) {
      line.set(part, at);
      at += part.length;
    }
    this.chunks = [];
    this.held = 0;
    return new TextDecoder().decode(line);
  }
}
