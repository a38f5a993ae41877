// Which way a held packet may go once it is allowed: by the helper's hand, or only by the app's own.
import type { FlowRecord } from "../kernel/layout.ts";
import { destinationOf, portsOf, protocolOf } from "../kernel/packet.ts";
import type { Route, RouteQuestion } from "../kernel/routes.ts";

export type Way =
  /** `source`: what to send from, 16 bytes; null leaves the packet's own. `device`: what to bind to, 0 for none. */
  { by: "helper"; mark: number; source: Buffer | null; device: number } | { by: "app"; because: string };

/** What the kernel says at the moment. */
export interface Surroundings {
  /** Whether programs of others judge what leaves the socket's cgroup (systemd's IPAddressDeny): the helper's socket is not in it. */
  foreign(cgroup: bigint): boolean;
  /** Undefined when nobody can be asked in the app's network namespace. */
  route(record: FlowRecord, question: RouteQuestion): Route | null | undefined;
}

/** Protocols whose ports routes may depend on (ip rule … ipproto … dport). */
const routedByPort: readonly number[] = [6, 17];
/** To the kernel's routing a raw socket's packet has no ports. It can be asked about three protocols only, of which ICMP has none either. */
const portless = {
  4: { protocol: 1, sourcePort: 0, destinationPort: 0 },
  6: { protocol: 58, sourcePort: 0, destinationPort: 0 },
};

function isGroup(address: Buffer): boolean {
  return address.length === 4 ? address.readUInt8(0) >= 224 : address.readUInt8(0) === 0xff;
}

/** Whether the address means something only together with a device. */
function needsDevice(address: Buffer): boolean {
  return isGroup(address) || (address.length === 16 && (address.readUInt16BE(0) & 0xffc0) === 0xfe80);
}

/** As the packet's family writes it; null where the socket chose none. */
function chosenSource(record: FlowRecord): Buffer | null {
  const bytes = record.source.subarray(record.family === 4 ? 12 : 0);
  return isGroup(bytes) || bytes.every((byte) => byte === 0) ? null : bytes;
}

function mapped(address: Buffer): Buffer {
  return address.length === 16 ? address : Buffer.concat([Buffer.from("00000000000000000000ffff", "hex"), address]);
}

/** What a re-sent or forged packet between these two must be bound to. */
export function deviceFor(record: FlowRecord, ...addresses: (Buffer | null)[]): number {
  return record.interface || (addresses.some((one) => one !== null && needsDevice(one)) ? record.out_interface : 0);
}

/**
 * The held packet was about to leave by `out_interface`. The app's next packet must leave there as well, otherwise its way has changed
 * (a tunnel came up); and so must a re-sent one, otherwise rules tell the helper's socket from the app's.
 */
export function findWay(record: FlowRecord, packet: Buffer, kernel: Surroundings): Way {
  if (kernel.foreign(record.socket_cgroup)) return { by: "app", because: "programs of others judge its cgroup" };
  // Where it is routed to is where translation led it; where it comes from is translated only after routing.
  const destination = destinationOf(packet);
  const source = chosenSource(record);
  const device = deviceFor(record, destination, source);
  const protocol = protocolOf(packet);
  const ours = portless[record.family === 4 ? 4 : 6];
  const theirs = routedByPort.includes(protocol) ? { protocol, ...portsOf(packet) } : ours;
  // Netfilter may have routed it anew by a mark it gave: then the packet's own mark leads there at once.
  for (const mark of new Set([record.mark, record.packet_mark])) {
    const question = { destination, source, mark, uid: record.socket_uid, device };
    const routes = [theirs, ours].map((ports) => kernel.route(record, { ...question, ...ports }));
    if (routes.includes(undefined)) return { by: "app", because: "its network namespace cannot be entered" };
    if (!routes.every((route) => route?.device === record.out_interface)) continue;
    const from = source ?? routes[0]?.source ?? null;
    return { by: "helper", mark, source: from && mapped(from), device };
  }
  return { by: "app", because: "its route or source changed" };
}
