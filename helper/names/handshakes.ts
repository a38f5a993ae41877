// Follows the first bytes that apps send on their connections until they name a server, or it is clear that they will not.
import { type ClientHello, mostHelloBytes, parseTls } from "./client-hello.ts";
import { QuicInitial } from "./quic-initial.ts";
import { TcpBytes } from "./tcp-bytes.ts";

/** Segments of one ClientHello, however small its pieces are. */
const mostSegments = 64;
/** Handshakes under way, of all apps: they take milliseconds, and a flow that is forgotten has no such name. */
const mostUnderWay = 512;

interface Stream {
  readonly bytes: TcpBytes;
  whole: Buffer;
  segments: number;
}

export class Handshakes {
  private readonly streams = new Map<string, Stream>();
  private readonly initials = new Map<string, QuicInitial>();

  /**
   * A segment of the flow's own, from its first on. Undefined: more is needed. Null: it is no TLS. Either answer ends it: ask no more about
   * that flow.
   */
  segment(flow: string, sequence: number, payload: Buffer): ClientHello | null | undefined {
    const stream = this.streams.get(flow) ?? { bytes: new TcpBytes(sequence), whole: Buffer.alloc(0), segments: 0 };
    keep(this.streams, flow, stream);
    const fresh = stream.bytes.push(sequence, payload);
    const over = fresh === null || ++stream.segments > mostSegments || stream.whole.length > 2 * mostHelloBytes;
    if (!over) stream.whole = Buffer.concat([stream.whole, fresh]);
    const hello = over ? null : parseTls(stream.whole);
    if (hello !== undefined) this.streams.delete(flow);
    return hello;
  }

  /** The same of a datagram's payload, where the flow may be QUIC. */
  datagram(flow: string, payload: Buffer): ClientHello | null | undefined {
    const initial = this.initials.get(flow) ?? new QuicInitial();
    keep(this.initials, flow, initial);
    const hello = initial.push(payload);
    if (hello !== undefined) this.initials.delete(flow);
    return hello;
  }

  forget(flow: string): void {
    this.streams.delete(flow);
    this.initials.delete(flow);
  }
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.size > mostUnderWay ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
}
