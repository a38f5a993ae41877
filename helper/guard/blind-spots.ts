// What guarded processes have that Picket cannot see into, as degradations that are looked for now and then.
import type { Degraded, DegradedCode } from "../degraded.ts";
import type { Outside } from "../kernel/layout.ts";
import { Sparing } from "../sparing.ts";
import { packetSocketHolders } from "./packet-sockets.ts";

/** How long what guarded processes have open is believed, milliseconds: looking is not free where many run. */
const blindSpotAge = 10_000;
/** So many are named. */
const named = 10;

export interface BlindSpotParts {
  /** Of the guarded cgroups. */
  directories(): string[];
  /** Who within has a socket that was made outside, once for each. */
  outside(): Outside[];
}

const unsearched: Degraded = {
  code: "unsearched",
  message:
    "Not all guarded processes could be looked at for AF_PACKET sockets: they are too many, or have too much open.",
};

/** Each process once. */
function holdersOf(sockets: readonly Outside[]): string[] {
  return [...new Set(sockets.map(({ pid, command }) => `${command.toString("utf8").split("\0")[0]} (${pid})`))];
}

function told(code: DegradedCode, what: string, holders: readonly string[]): Degraded[] {
  return holders.length === 0 ? [] : [{ code, message: `${what}: ${holders.slice(0, named).join(", ")}` }];
}

export function makeBlindSpots({ directories, outside }: BlindSpotParts): () => Degraded[] {
  const sparing = new Sparing();
  let known: Degraded[] = [];
  let looked = Number.NEGATIVE_INFINITY;
  const look = (): Degraded[] => {
    const packetSockets = packetSocketHolders(directories());
    return [
      ...told(
        "packetSockets",
        "Guarded processes with AF_PACKET sockets, which Picket cannot see into",
        packetSockets.holders,
      ),
      ...(packetSockets.whole ? [] : [unsearched]),
      ...told(
        "outsideSockets",
        "Guarded processes with sockets that were made outside the guard, of which Picket sees nothing",
        holdersOf(outside()),
      ),
    ];
  };
  return () => {
    if (performance.now() - looked < blindSpotAge || !sparing.isDue) return known;
    looked = performance.now();
    known = sparing.measure(look);
    return known;
  };
}
