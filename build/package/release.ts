// What a package calls itself, and when: the same sources make the same bytes.
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { electronRuntime } from "../electron.ts";
import { root } from "../paths.ts";

export interface Release {
  name: string;
  /** A runtime that is past its end of life never makes a package that calls itself a release: then it ends in ~dev. */
  version: string;
  summary: string;
  license: string;
  /** Seconds since 1970: SOURCE_DATE_EPOCH, else the last commit's. */
  time: number;
  /** The environment of whatever writes times into files. */
  env: NodeJS.ProcessEnv;
}

export const description = `The first time an app talks to somewhere new, the connection is held in the
kernel and a card asks; the answer becomes a rule, and from then on the kernel
decides alone. Includes the window, the privileged helper with its own Node
runtime, and the picket command.`;
export const maintainer = "The Picket founders <picket@localhost>";

export function manifest(): { name: string; version: string; license: string } {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}

export function release(): Release {
  const { name, version, license } = manifest();
  const time = Number(process.env.SOURCE_DATE_EPOCH) || commitTime();
  return {
    name,
    version: electronRuntime()?.source === "vendor" ? version : `${version}~dev`,
    summary: "desktop firewall that asks",
    license,
    time,
    env: { ...process.env, SOURCE_DATE_EPOCH: String(time), TZ: "UTC" },
  };
}

function commitTime(): number {
  const { stdout } = spawnSync("git", ["-c", "safe.directory=*", "log", "-1", "--format=%ct"], {
    cwd: root,
    encoding: "utf8",
  });
  // Sources without a history.
  return Number(stdout) || Math.floor(statSync(join(root, "package.json")).mtimeMs / 1000);
}
