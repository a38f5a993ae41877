// DNS messages: what was asked, and which addresses the answer gives to the name that was asked for. Pure, bounded, throws nothing.
import { type Answer as DnsRecord, decode } from "dns-packet";
import { addressHex } from "../policy/address.ts";
import { hostName, hostOfService } from "../policy/host-name.ts";
import { parsed } from "./byte-reader.ts";
import { readServiceRecord } from "./service-record.ts";

const headerBytes = 12;
/** Real answers about addresses are a tenth of this: what is larger costs more than it tells. */
const mostBytes = 16 * 1024;
const mostRecords = 128;
const mostAddresses = 64;
/** SVCB and HTTPS. */
const serviceTypes = new Set([64, 65]);
/** Aliases that are followed, and kept. Resolvers follow 8 to 16. */
const mostAliases = 16;

export interface Query {
  readonly id: number;
  /** Name, type and class as they travel, in lower case: an answer must repeat them. */
  readonly question: string;
  /** The host that is asked about; null where the name is none. */
  readonly host: string | null;
}

export interface Answer extends Query {
  /** Names on the way from the host to its addresses. */
  readonly chain: readonly string[];
  /** 32 hex digits, IPv4 mapped; seconds, of the shortest-lived record on the way. */
  readonly addresses: readonly { readonly address: string; readonly ttl: number }[];
  /** Names that stand in the clear for the host where its clients encrypt the name they mean. */
  readonly publicNames: readonly string[];
}

export type Message = { readonly query: Query } | { readonly answer: Answer };

/** Null for anything but one well-formed message with one question. */
export function parseDns(bytes: Buffer): Message | null {
  if (bytes.length < headerBytes || bytes.length > mostBytes) return null;
  return parsed(() => {
    const isAnswer = (bytes.readUInt8(2) & 0x80) !== 0;
    const opcode = (bytes.readUInt8(2) >> 3) & 15;
    const records = bytes.readUInt16BE(6);
    if (opcode !== 0 || bytes.readUInt16BE(4) !== 1 || records > mostRecords) return null;
    const query = readQuestion(bytes);
    if (query === null) return null;
    if (!isAnswer) return { query };
    // Only what answers the question: the other sections are a resolver's business, and a forger's.
    const message = Buffer.from(bytes);
    message.fill(0, 8, headerBytes);
    const found = query.host !== null && records > 0 ? follow(query, decode(message).answers ?? []) : nothing();
    return { answer: { ...query, ...found } };
  });
}

/** Read here rather than by the library: a dot within a label must not pass for one between two. */
function readQuestion(bytes: Buffer): Query | null {
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = bytes.readUInt8(at++);
    if (length === 0) break;
    if (length > 63 || at + length > bytes.length || labels.length > 127) return null;
    labels.push(bytes.toString("latin1", at, at + length));
    at += length;
  }
  if (at + 4 > bytes.length) return null;
  const question = bytes.toString("latin1", headerBytes, at + 4).toLowerCase();
  const isService = serviceTypes.has(bytes.readUInt16BE(at));
  const name = isService ? hostOfService(labels.join(".")) : hostName(labels.join("."));
  const host = labels.some((label) => label.includes(".")) ? null : name;
  return { id: bytes.readUInt16BE(0), question, host };
}

type Found = Pick<Answer, "chain" | "addresses" | "publicNames">;

function nothing(): Found & { chain: string[]; addresses: { address: string; ttl: number }[]; publicNames: string[] } {
  return { chain: [], addresses: [], publicNames: [] };
}

/** From the name that was asked for over its aliases to addresses; what else is in the answer is nobody's. */
function follow(query: Query, records: DnsRecord[]): Found {
  const byOwner = Map.groupBy(records, ({ name }) => name.toLowerCase());
  const found = nothing();
  let owner: string | null = serviceName(query);
  let lifetime = Number.POSITIVE_INFINITY;
  const met = new Set<string>();
  while (owner !== null && !met.has(owner) && met.size <= mostAliases) {
    met.add(owner);
    let next: string | null = null;
    for (const record of byOwner.get(owner) ?? []) {
      const ttl = Math.min(lifetime, "ttl" in record ? Number(record.ttl) || 0 : 0);
      next = read(record, ttl, found) ?? next;
      if (next !== null) lifetime = ttl;
    }
    if (next !== null && !met.has(next)) found.chain.push(next);
    owner = next;
  }
  return found;
}

/** The owner's name as the library spells it. */
function serviceName({ question }: Query): string {
  const bytes = Buffer.from(question, "latin1");
  const labels: string[] = [];
  for (let at = 0; bytes.readUInt8(at) !== 0; at += bytes.readUInt8(at) + 1)
    labels.push(bytes.toString("utf8", at + 1, at + 1 + bytes.readUInt8(at)));
  return labels.join(".");
}

/** Adds what the record says; returns the alias that it leads to, if any. */
function read(record: DnsRecord, ttl: number, found: ReturnType<typeof nothing>): string | null {
  const { type, data } = record as { type: string; data: unknown };
  const give = (address: string) => {
    if (found.addresses.length < mostAddresses) found.addresses.push({ address, ttl });
  };
  if ((type === "A" || type === "AAAA") && typeof data === "string") give(addressHex(data));
  if (type === "CNAME" && typeof data === "string") return hostName(data);
  if ((type === "UNKNOWN_64" || type === "UNKNOWN_65") && Buffer.isBuffer(data)) {
    const service = parsed(() => readServiceRecord(data));
    if (service === null) return null;
    for (const hint of service.hints) give(hint.toString("hex"));
    found.publicNames.push(...service.publicNames.slice(0, mostAliases));
    if (service.alias) return service.target;
    // One of several places, with its own addresses.
    if (service.target !== null && found.chain.length < mostAliases) found.chain.push(service.target);
  }
  return null;
}
