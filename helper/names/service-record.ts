// The data of HTTPS and SVCB records (RFC 9460): where a service is, addresses to try, and whether its clients may hide the name they want.

import { hostName } from "../policy/host-name.ts";
import { ByteReader } from "./byte-reader.ts";

const key = { ech: 5, ipv4: 4, ipv6: 6 } as const;
const echVersion = 0xfe0d;

export interface ServiceRecord {
  /** Another name for the owner's service; null: the owner itself. */
  readonly target: string | null;
  /** Only an alias: nothing of the rest. */
  readonly alias: boolean;
  /** 16 bytes each, IPv4 mapped. */
  readonly hints: Buffer[];
  /** What a ClientHello says in the clear when it encrypts the name it means (RFC 9849, public_name). */
  readonly publicNames: string[];
}

/** Throws RangeError for data that ends early. */
export function readServiceRecord(data: Buffer): ServiceRecord {
  const reader = new ByteReader(data);
  const alias = reader.number(2) === 0;
  const labels: string[] = [];
  for (let label = reader.piece(1); label.length > 0; label = reader.piece(1)) labels.push(label.toString("latin1"));
  const target = labels.length === 0 ? null : hostName(labels.join("."));
  const record: ServiceRecord = { target, alias, hints: [], publicNames: [] };
  while (!alias && reader.left > 0) {
    const which = reader.number(2);
    const value = reader.piece(2);
    if (which === key.ipv4) record.hints.push(...pieces(value, 4).map(mapped));
    if (which === key.ipv6) record.hints.push(...pieces(value, 16));
    if (which === key.ech) record.publicNames.push(...publicNames(value));
  }
  return record;
}

function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

export function mapped(ipv4: Buffer): Buffer {
  return Buffer.concat([Buffer.from("00000000000000000000ffff", "hex"), ipv4]);
}

/** Of an ECHConfigList. */
function publicNames(list: Buffer): string[] {
  const configs = new ByteReader(new ByteReader(list).piece(2));
  const names: string[] = [];
  while (configs.left > 0) {
    const version = configs.number(2);
    const config = new ByteReader(configs.piece(2));
    if (version !== echVersion) continue;
    config.take(3); // config_id, kem_id
    config.piece(2); // public_key
    config.piece(2); // cipher_suites
    config.take(1); // maximum_name_length
    const name = hostName(config.piece(1).toString("latin1"));
    if (name !== null) names.push(name);
  }
  return names;
}
