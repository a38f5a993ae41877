// Addresses as other firewalls write them: single, with a length, or from one to another. Pure.
import ipaddr from "ipaddr.js";

/** CIDR texts that hold exactly the same addresses; null for what is none of these notations. */
export function cidrsOf(text: string): string[] | null {
  const given = text.trim();
  const [first = "", last, more] = given.split("-").map((part) => part.trim());
  if (last === undefined) return isCidr(given) ? [given] : null;
  if (more !== undefined || !isAddress(first) || !isAddress(last)) return null;
  const [from, to] = [ipaddr.parse(first), ipaddr.parse(last)];
  return from.kind() === to.kind() ? rangeCidrs(from, to) : null;
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(":") && ipaddr.IPv6.isValid(text));
}

function isCidr(text: string): boolean {
  const [address = "", length, more] = text.split("/");
  if (!isAddress(address) || more !== undefined) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (address.includes(":") ? 128 : 32));
}

type Address = ReturnType<typeof ipaddr.parse>;

function numberOf(address: Address): bigint {
  return address.toByteArray().reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}

/** As few as there can be: each as large as its place and what is left allow. */
function rangeCidrs(from: Address, to: Address): string[] | null {
  const width = from.kind() === "ipv4" ? 32 : 128;
  const last = numberOf(to);
  const cidrs: string[] = [];
  for (let at = numberOf(from); at <= last; ) {
    let bits = 0;
    while (bits < width && at % 2n ** BigInt(bits + 1) === 0n && at + 2n ** BigInt(bits + 1) - 1n <= last) bits++;
    const bytes = Array.from({ length: width / 8 }, (_, index) => Number((at >> BigInt(width - 8 - index * 8)) & 255n));
    cidrs.push(`${ipaddr.fromByteArray(bytes)}/${width - bits}`);
    at += 2n ** BigInt(bits);
  }
  return cidrs.length === 0 ? null : cidrs;
}
