// The helper's command line.
import { parseArgs } from "node:util";
import { type Mode, modeSchema } from "../contract/words.ts";
import { defaultState } from "./guard/cgroups.ts";
import { lockFile } from "./people/locks.ts";
import type { Unattended } from "./people/unattended.ts";
import type { Served } from "./people/viewer.ts";
import { windowGroup as readGroup, type WindowGroup } from "./server/window-group.ts";

export interface Options {
  readonly state: string;
  readonly socket: string;
  /** The uid served besides root; with `people` everyone, who looks after what is the machine's. */
  readonly owner: number;
  readonly people: Served;
  /** What becomes of flows that nobody can be asked about, and after how many seconds. */
  readonly unattended: Unattended;
  readonly unattendedAfter: number;
  /** The file that names what only root may change. */
  readonly lock: string;
  readonly guards: readonly string[];
  /** What a state folder begins with (docs/decisions/0008-a-fresh-state-asks.md); one that has a mode keeps it. */
  readonly mode: Mode;
  /** Run by systemd: a signal to end leaves the programs in the kernel, where they enforce until the next start. */
  readonly service: boolean;
  /** The group of the installed window: level "protected". Null: level "open". */
  readonly windowGroup: WindowGroup | null;
}

/** Throws TypeError for unknown words and a uid that is none. `env`: sudo tells who called. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: "string", default: defaultState },
      socket: { type: "string", default: "/run/picket/helper.sock" },
      owner: { type: "string", default: env.PICKET_OWNER ?? env.SUDO_UID ?? "0" },
      people: { type: "string", default: env.PICKET_PEOPLE ?? "owner" },
      unattended: { type: "string" },
      "unattended-after": { type: "string", default: "30" },
      lock: { type: "string", default: lockFile },
      guard: { type: "string", multiple: true, default: [] },
      mode: { type: "string" },
      service: { type: "boolean", default: false },
      "window-group": { type: "string" },
    },
  });
  // The highest is no uid but "unchanged" to every call that takes one.
  if (!/^\d{1,10}$/.test(values.owner) || Number(values.owner) >= 0xffffffff)
    throw new TypeError(`--owner wants a user id, not ${values.owner}`);
  for (const path of [values.state, values.socket, values.lock]) {
    if (!path.startsWith("/")) throw new TypeError(`${path} must be an absolute path`);
  }
  const { service, people } = values;
  if (people !== "owner" && people !== "everyone") throw new TypeError(`--people is owner or everyone, not ${people}`);
  // An installation begins by watching: its first login must not be one long row of questions.
  const wanted = values.mode ?? (service ? "learn" : "ask");
  const mode = modeSchema.options.find((each) => each === wanted);
  if (mode === undefined) throw new TypeError(`--mode is ${modeSchema.options.join(", ")}, not ${wanted}`);
  // A service goes on while nobody is there; who runs a helper by hand is.
  const unattended = values.unattended ?? (service ? (env.PICKET_UNATTENDED ?? "block") : "hold");
  if (unattended !== "hold" && unattended !== "block" && unattended !== "allow")
    throw new TypeError(`--unattended is hold, block or allow, not ${unattended}`);
  const after = values["unattended-after"];
  if (!/^[1-9]\d{0,4}$/.test(after)) throw new TypeError(`--unattended-after wants seconds, not ${after}`);
  const guards = [...values.guard, ...(service ? (env.PICKET_GUARD ?? "").split(/\s+/).filter(Boolean) : [])];
  const windowGroup = values["window-group"] === undefined ? null : readGroup(values["window-group"]);
  const { state, socket } = values;
  const { lock } = values;
  const times = { unattended, unattendedAfter: Number(after) } as const;
  return { mode, service, guards, windowGroup, state, socket, people, lock, ...times, owner: Number(values.owner) };
}
