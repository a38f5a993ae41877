// Asks polkit whether a process may do something; polkit asks the person, with their password, through their desktop's or terminal's agent.
import { readFileSync, readlinkSync } from "node:fs";
import { Variant } from "dbus-native";
import type { Peer } from "../kernel/peer.ts";
import { log } from "../log.ts";
import { ancestry } from "../own-session.ts";
import { withSystemBus } from "../system-bus.ts";
import { question } from "./act-words.ts";

/** Declared in build/package/files/org.picket.policy. manage: what is everybody's, by an administrator. */
export type PolkitAction = "org.picket.widen" | "org.picket.manage";
const authority = "org.freedesktop.PolicyKit1";
/** A person looks for their password meanwhile. */
const patience = 120_000;
/** CheckAuthorizationFlags of polkit's D-Bus interface: an agent may ask. */
const allowInteraction = 1;

/**
 * `act`: what the process wants, by actWords(). False also where no polkit runs. The process is named by number and start time, as polkit wants
 * it; `start`: clock ticks since boot.
 */
export async function polkitAllows(peer: Peer, action: PolkitAction, act: string): Promise<boolean> {
  const start = startOf(peer.pid);
  if (start === null) return false;
  const program = programOf(peer.pid);
  const details = { "polkit.message": question(program, peer.pid, act), program, act };
  const subject = [
    "unix-process",
    [
      ["pid", new Variant("u", peer.pid)],
      ["start-time", new Variant("t", start)],
      ["uid", new Variant("i", peer.uid)],
    ],
  ];
  try {
    const answer = await withSystemBus(patience, (bus) =>
      Promise.resolve(
        bus.invoke<unknown>({
          destination: authority,
          path: "/org/freedesktop/PolicyKit1/Authority",
          interface: `${authority}.Authority`,
          member: "CheckAuthorization",
          signature: "(sa{sv})sa{ss}us",
          body: [subject, action, Object.entries(details), allowInteraction, ""],
        }),
      ),
    );
    return Array.isArray(answer) && answer[0] === true;
  } catch (error) {
    log("info", "polkit could not be asked", { error: String(error).slice(0, 200) });
    return false;
  }
}

/** Whose doing it is, for a person to read: our own command line was started by somebody. */
function programOf(pid: number): string {
  const paths = ancestry(pid).flatMap((each) => {
    try {
      return readlinkSync(`/proc/${each}/exe`);
    } catch {
      return []; // it ended
    }
  });
  return paths.find((path) => path !== process.execPath) ?? paths[0] ?? "unknown";
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)). */
function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return null;
  }
}
