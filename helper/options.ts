// The helper's command line.
import { parseArgs } from "node:util";
import { type Mode, modeSchema } from "../contract/words.ts";
import { defaultState } from "./guard/cgroups.ts";

export interface Options {
  readonly state: string;
  readonly socket: string;
  /** The uid served besides root. */
  readonly owner: number;
  readonly guards: readonly string[];
  /** What a state folder begins with (docs/decisions/0008-a-fresh-state-asks.md); one that has a mode keeps it. */
  readonly mode: Mode;
  /** Run by systemd: a signal to end leaves the programs in the kernel, where they enforce until the next start. */
  readonly service: boolean;
}

/** Throws TypeError for unknown words and a uid that is none. `env`: sudo tells who called. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: "string", default: defaultState },
      socket: { type: "string", default: "/run/picket/helper.sock" },
      owner: { type: "string", default: env.SUDO_UID ?? "0" },
      guard: { type: "string", multiple: true, default: [] },
      mode: { type: "string" },
      service: { type: "boolean", default: false },
    },
  });
  // The highest is no uid but "unchanged" to every call that takes one.
  if (!/^\d{1,10}$/.test(values.owner) || Number(values.owner) >= 0xffffffff)
    throw new TypeError(`--owner wants a user id, not ${values.owner}`);
  for (const path of [values.state, values.socket]) {
    if (!path.startsWith("/")) throw new TypeError(`${path} must be an absolute path`);
  }
  const { service } = values;
  // An installation begins by watching: its first login must not be one long row of questions.
  const wanted = values.mode ?? (service ? "learn" : "ask");
  const mode = modeSchema.options.find((each) => each === wanted);
  if (mode === undefined) throw new TypeError(`--mode is ${modeSchema.options.join(", ")}, not ${wanted}`);
  const guards = [...values.guard, ...(service ? (env.PICKET_GUARD ?? "").split(/\s+/).filter(Boolean) : [])];
  return { mode, service, guards, state: values.state, socket: values.socket, owner: Number(values.owner) };
}
