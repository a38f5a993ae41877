// A long blocklist made of one blocked address: what `hosts` says of it is said of others, as the helper writes such entries.
import { join } from "node:path";
import { behindFilter } from "../../../helper/kernel/entries.ts";
import { GrowingMap } from "../../../helper/kernel/growing-map.ts";
import { layouts } from "../../../helper/kernel/layout.ts";
import { BpfMap, openPin } from "../../../helper/kernel/libbpf.ts";
import { close } from "../../../helper/kernel/libc.ts";
import { parsePrefix } from "../../../helper/policy/address.ts";

const most = 1_048_576;

/** An odd factor permutes the numbers below a power of two: no address between 16.0.0.0 and 79.255.255.255 comes twice. */
const numberOf = (at: number) => 0x10000000 + (Math.imul(at, 2654435761) & 0x3fffffff);

/**
 * Of the maps pinned in the folder. The helper that they are of knows nothing of the larger map, and must not write to `hosts` any more.
 * Returns one of the addresses.
 */
export function blockMany(pins: string, blocked: string, count: number): string {
  const hosts = new GrowingMap(openPin(join(pins, "hosts")), most);
  const filter = new BpfMap(openPin(join(pins, "maybe_hosts")));
  const entries = behindFilter(hosts, filter);
  const key = Buffer.from(parsePrefix(blocked)?.hex ?? "", "hex");
  const path = Buffer.alloc(layouts.path.size);
  if (!hosts.get(key, path)) throw new Error(`${blocked} is not in the kernel`);
  for (let at = 0; at < count; at++) {
    key.writeUInt32BE(numberOf(at), 12);
    entries.set(key, path);
  }
  for (const map of [hosts, filter]) close(map.fd);
  return [...key.subarray(12)].join(".");
}
