// What is counted, and by what.
import type { HistoryAmounts } from "../../contract/history.ts";
import type { App, Protocol } from "../../contract/words.ts";

export type Amounts = { -readonly [K in keyof HistoryAmounts]: HistoryAmounts[K] };

export function noAmounts(): Amounts {
  return { bytesIn: 0, bytesOut: 0, connections: 0, blocked: 0 };
}

export function addAmounts(to: Amounts, more: HistoryAmounts): void {
  to.bytesIn += more.bytesIn;
  to.bytesOut += more.bytesOut;
  to.connections += more.connections;
  to.blocked += more.blocked;
}

export function isNothing({ bytesIn, bytesOut, connections, blocked }: HistoryAmounts): boolean {
  return bytesIn === 0 && bytesOut === 0 && connections === 0 && blocked === 0;
}

/** What a flow is counted by, besides the network of the moment. */
export interface Place {
  readonly app: Pick<App, "path" | "name" | "verified" | "icon">;
  /** Its name, or address. */
  readonly host: string;
  readonly country: string | null;
  readonly protocol: Protocol;
  readonly user: number;
  /** This computer talks with itself: through no network. */
  readonly loopback: boolean;
}

/** By their number in a key. */
export const protocols: readonly Protocol[] = ["tcp", "udp", "icmp", "other"];

export function countryNumber(country: string | null): number {
  return country === null ? 0 : country.charCodeAt(0) * 256 + country.charCodeAt(1);
}

export function countryOf(number: number): string | null {
  return number === 0 ? null : String.fromCharCode(number >> 8, number & 255);
}
