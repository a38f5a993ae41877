// Pairs answers with the queries of the very same socket, so that nobody names an address who was not asked. Pure: times are passed in,
// milliseconds. Bounded, and each owner by itself: one that asks very much forgets its own questions.
import { type Answer, parseDns, type Query } from "./dns.ts";
import { DnsStream } from "./dns-stream.ts";

/** A datagram or segment to or from a port 53. */
export interface Passing {
  /** The socket, and which of its connections. */
  readonly socket: string;
  /** 32 hex digits. */
  readonly remote: string;
  readonly protocol: "udp" | "tcp";
  readonly arriving: boolean;
  /** TCP: the first segment of its side; its payload, if any, begins one later. */
  readonly opens: boolean;
  readonly sequence: number;
  /** The executable. */
  readonly owner: string;
}

export interface Answered extends Answer {
  readonly remote: string;
  readonly owner: string;
}

/** How long an answer may take: resolvers ask their servers for up to 30 s. */
const patience = 30_000;
const mostQuestions = 512;
const mostStreams = 16;
/** Owners that are remembered; the one that was quiet for longest is forgotten. */
const mostOwners = 256;

interface Asker {
  /** When the question was asked. */
  readonly questions: Map<string, number>;
  readonly streams: Map<string, DnsStream>;
}

export class Lookups {
  /** Answers that nobody had asked for. */
  unasked = 0;
  private readonly askers = new Map<string, Asker>();

  /** Answers that are complete by now. `payload` is not kept. */
  pass(passing: Passing, payload: Buffer, at: number): Answered[] {
    const asker = this.askerOf(passing.owner);
    return this.messages(asker, passing, payload).flatMap((bytes) => {
      const message = parseDns(bytes);
      if (message === null) return [];
      if (!passing.arriving) {
        if ("query" in message) remember(asker.questions, questionKey(passing, message.query), at, mostQuestions);
        return [];
      }
      if (!("answer" in message)) return [];
      const key = questionKey(passing, message.answer);
      const asked = asker.questions.get(key);
      if (asked === undefined || at - asked > patience) {
        this.unasked++;
        return [];
      }
      // Only the first: a second one is a forger's, or says the same.
      asker.questions.delete(key);
      return [{ ...message.answer, remote: passing.remote, owner: passing.owner }];
    });
  }

  private messages(asker: Asker, passing: Passing, payload: Buffer): Buffer[] {
    if (passing.protocol === "udp") return [payload];
    const key = `${passing.socket} ${passing.remote} ${passing.arriving}`;
    const first = (passing.sequence + (passing.opens ? 1 : 0)) >>> 0;
    if (passing.opens && !asker.streams.has(key)) remember(asker.streams, key, new DnsStream(first), mostStreams);
    // Of a connection whose beginning was not seen nobody knows where a message begins.
    return asker.streams.get(key)?.push(first, payload) ?? [];
  }

  private askerOf(owner: string): Asker {
    const asker = this.askers.get(owner) ?? { questions: new Map(), streams: new Map() };
    remember(this.askers, owner, asker, mostOwners);
    return asker;
  }
}

/** Same socket, same server, same id, same question. */
function questionKey({ socket, remote, protocol }: Passing, { id, question }: Query): string {
  return `${protocol} ${socket} ${remote} ${id} ${question}`;
}

/** As the newest of at most `most`. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
