// What guarded processes have that Picket cannot see into, as degradations that are looked for now and then.
import { Budget } from "../budget.ts";
import type { Degraded, DegradedCode } from "../degraded.ts";
import type { Outside } from "../kernel/layout.ts";
import { packetSocketHolders } from "./packet-sockets.ts";

/** How long what guarded processes have open is believed, milliseconds: looking is not free where many run. */
const blindSpotAge = 10_000;
/** So many are named. */
const named = 10;
/** So many readings of sockets that were made outside whatever the clock says, and more as long as these milliseconds last. */
const [alwaysRead, longestSearch] = [16, 50];

export interface BlindSpotParts {
  /** Of the guarded cgroups. */
  directories(): string[];
  /** Who within has a socket that was made outside. `proceed`: asked before each so many. */
  outside(proceed: () => boolean): Outside[];
}

const unsearched: Degraded = {
  code: "unsearched",
  message:
    "Not all guarded processes could be looked at for sockets that Picket cannot see into: they are too many, or have too much open.",
};

/** Each process once. */
function holdersOf(sockets: readonly Outside[]): string[] {
  return [...new Set(sockets.map(({ pid, command }) => `${command.toString("utf8").split("\0")[0]} (${pid})`))];
}

function told(code: DegradedCode, what: string, holders: readonly string[]): Degraded[] {
  return holders.length === 0 ? [] : [{ code, message: `${what}: ${holders.slice(0, named).join(", ")}` }];
}

export function makeBlindSpots({ directories, outside }: BlindSpotParts): () => Degraded[] {
  let known: Degraded[] = [];
  let looked = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - looked < blindSpotAge) return known;
    looked = performance.now();
    const packetSockets = packetSocketHolders(directories());
    const budget = new Budget(alwaysRead, longestSearch);
    const outsideSockets = holdersOf(outside(() => budget.spend()));
    known = [
      ...told(
        "packetSockets",
        "Guarded processes with AF_PACKET sockets, which Picket cannot see into",
        packetSockets.holders,
      ),
      ...(packetSockets.whole && budget.sufficed ? [] : [unsearched]),
      ...told(
        "outsideSockets",
        "Guarded processes with sockets that were made outside the guard, of which Picket sees nothing",
        outsideSockets,
      ),
    ];
    return known;
  };
}
