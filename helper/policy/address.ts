// Addresses and ranges as 128-bit prefixes, IPv4 mapped, so that both families are one.
import ipaddr from "ipaddr.js";

/** `hex`: 32 digits, bits beyond `bits` are zero. A single address has 128 bits. */
export interface Prefix {
  readonly hex: string;
  readonly bits: number;
}

function toMapped(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv6 {
  return address.kind() === "ipv4" ? (address as ipaddr.IPv4).toIPv4MappedAddress() : (address as ipaddr.IPv6);
}

/** The first `bits` of 32 hex digits, the rest zero. */
export function truncate(hex: string, bits: number): string {
  const whole = bits >> 2;
  if (whole === 32) return hex;
  const rest = bits & 3;
  const digit = rest === 0 ? "0" : (Number.parseInt(hex.charAt(whole), 16) & ~(15 >> rest) & 15).toString(16);
  return (hex.slice(0, whole) + digit).padEnd(32, "0");
}

/** Reads "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". Null when it is neither address nor range. */
export function parsePrefix(text: string): Prefix | null {
  const [address, length, extra] = text.split("/");
  if (address === undefined || extra !== undefined) return null;
  // ipaddr.js also reads 1-, 2- and 3-part IPv4 and zone ids; nobody means those in a rule. It takes the deprecated
  // "::192.0.2.1" for 192.0.2.1, which it is not.
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!v4 && (!ipaddr.IPv6.isValid(address) || address.includes("%") || /^::\d+\./.test(address))) return null;
  const widest = v4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null;
  const bits = length === undefined ? widest : Number(length);
  if (bits > widest) return null;
  const hex = Buffer.from(toMapped(ipaddr.parse(address)).toByteArray()).toString("hex");
  const mappedBits = v4 ? bits + 96 : bits;
  return { hex: truncate(hex, mappedBits), bits: mappedBits };
}

/** Canonical text: RFC 5952 for IPv6, dotted for IPv4, "/length" unless it is a single address. */
export function formatPrefix(prefix: Prefix): string {
  const v4 = prefix.hex.startsWith(mapped) && prefix.bits >= everyIpv4.bits;
  const address = formatAddress(Buffer.from(prefix.hex, "hex"));
  if (prefix.bits === 128) return address;
  return `${address}/${v4 ? prefix.bits - 96 : prefix.bits}`;
}

const mapped = "00000000000000000000ffff";
const mappedBytes = Buffer.from(mapped, "hex");

/** Canonical text of a 16-byte, IPv4-mapped address. */
export function formatAddress(bytes: Buffer): string {
  if (bytes.compare(mappedBytes, 0, 12, 0, 12) === 0) return bytes.subarray(12, 16).join(".");
  return new ipaddr.IPv6([...bytes]).toRFC5952String();
}

/** What was asked last: whoever judges a flow asks several times. */
let last: { text: string; hex: string } | undefined;

/** 32 hex digits of an address in text; throws for text that is none. */
export function addressHex(text: string): string {
  if (text !== last?.text)
    last = { text, hex: Buffer.from(toMapped(ipaddr.parse(text)).toByteArray()).toString("hex") };
  return last.hex;
}

/** Every IPv4 address, as a range. */
export const everyIpv4: Prefix = { hex: mapped.padEnd(32, "0"), bits: 96 };

/** Whether the range holds the whole of the other. An IPv6 range, ::/0 too, holds no IPv4 although that is written as a part of it. */
export function covers(range: Prefix, inner: Prefix): boolean {
  if (range.bits > inner.bits) return false;
  if (range.bits < everyIpv4.bits && inner.bits >= everyIpv4.bits && inner.hex.startsWith(mapped)) return false;
  return truncate(inner.hex, range.bits) === range.hex;
}

export function contains(prefix: Prefix, hex: string): boolean {
  return covers(prefix, { hex, bits: 128 });
}
