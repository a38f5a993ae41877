// One datagram to systemd's journal, in its own protocol. Node has no sockets of that kind.
import { existsSync } from "node:fs";
import { AF_UNIX, MSG_DONTWAIT, SOCK_DGRAM, sendTo, socket, unixAddress } from "./libc.ts";

const place = "/run/systemd/journal/socket";

let fd: number | undefined;
let looked = Number.NEGATIVE_INFINITY;
let isThere = false;
/** How long the absence of a journal is believed, milliseconds. */
const patience = 10_000;

/** True also where no journal runs: nobody misses it there. False: it did not take it (too busy, or starting anew). */
export function sendToJournal(bytes: Buffer): boolean {
  if (performance.now() - looked > patience) {
    looked = performance.now();
    isThere = existsSync(place);
  }
  if (!isThere) return true;
  try {
    fd ??= socket(AF_UNIX, SOCK_DGRAM, 0);
    sendTo(fd, bytes, unixAddress(place), MSG_DONTWAIT);
    return true;
  } catch {
    return false;
  }
}
