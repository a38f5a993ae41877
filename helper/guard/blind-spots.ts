// Guarded processes that Picket cannot see into, as a degradation that is looked for now and then.
import type { Degraded } from "../degraded.ts";
import { packetSocketHolders } from "./packet-sockets.ts";

/** How long what guarded processes have open is believed, milliseconds: looking is not free where many run. */
const blindSpotAge = 10_000;

/** `directories`: of the guarded cgroups. */
export function makeBlindSpots(directories: () => string[]): () => Degraded[] {
  let known: Degraded[] = [];
  let looked = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - looked < blindSpotAge) return known;
    looked = performance.now();
    const holders = packetSocketHolders(directories());
    const message = `Guarded processes with AF_PACKET sockets, which Picket cannot see into: ${holders.slice(0, 10).join(", ")}`;
    known = holders.length === 0 ? [] : [{ code: "packetSockets", message }];
    return known;
  };
}
