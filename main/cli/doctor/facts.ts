// What this computer says, read once. Nothing here judges and nothing throws: what cannot be read is null.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { Status } from "../../../contract/words.ts";
import { cgroupMount, defaultInstance, pinsFolder } from "../instances.ts";
import { systemdRuns } from "../systemctl.ts";

export interface Facts {
  readonly root: boolean;
  readonly kernel: {
    readonly release: string;
    readonly btf: boolean;
    readonly cgroup2: string | null;
    /** Null: not readable. "integrity" and "confidentiality" as the kernel has them. */
    readonly lockdown: string | null;
    /** Lines of the kernel's configuration, null where it is nowhere to be read. */
    readonly config: ReadonlySet<string> | null;
    /** Names of the kernel's functions, null where they are hidden. */
    readonly symbols: ReadonlySet<string> | null;
  };
  readonly helper: {
    /** What it answered, or why it did not. */
    readonly status: Status | null;
    readonly failure: { readonly code: ErrorCode | "failed"; readonly message: string } | null;
    /** This command line's. */
    readonly version: string;
    readonly socket: string;
    /** "active", "failed" …; null where systemd does not run or there is no such service. */
    readonly service: string | null;
    readonly enabled: string | null;
    /** Whether its programs are in the kernel; null: not to be seen. */
    readonly pins: boolean | null;
    /** What is to be guarded by /etc/picket/helper.conf; null where there is none. */
    readonly wanted: readonly string[] | null;
  };
  readonly disk: {
    readonly state: string;
    /** Bytes; null where the folder cannot be seen. */
    readonly free: number | null;
    /** Names in the state folder; null: not to be seen. */
    readonly files: readonly string[] | null;
    /** Whether the database begins as one; null where it cannot be read. */
    readonly header: boolean | null;
    /** The helper's own copies of the rules, newest last. */
    readonly copies: readonly string[] | null;
  };
  readonly surroundings: {
    readonly networkManager: boolean;
    readonly resolved: boolean;
    readonly resolvers: number;
    /** Names of the processes that run. */
    readonly processes: ReadonlySet<string>;
  };
}

/** null for whatever goes wrong. */
export function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

const text = (path: string) => attempt(() => readFileSync(path, "utf8"));
const names = (path: string) => attempt(() => readdirSync(path));

/** A command's first line, without shell, PATH or more than two seconds; null where it cannot be run. */
function firstLine(command: string, args: readonly string[]): string | null {
  const { stdout, error } = spawnSync(command, args, { encoding: "utf8", timeout: 2000, env: { LC_ALL: "C.UTF-8" } });
  return error ? null : (stdout.split("\n")[0] ?? "").trim();
}

export function readFacts(helper: Pick<Facts["helper"], "status" | "failure" | "version" | "socket">): Facts {
  const state = "/var/lib/picket";
  return {
    root: process.getuid?.() === 0,
    kernel: {
      release: release(),
      btf: existsSync("/sys/kernel/btf/vmlinux"),
      cgroup2: attempt(() => cgroupMount()) ?? null,
      lockdown: /\[(\w+)\]/.exec(text("/sys/kernel/security/lockdown") ?? "")?.[1] ?? null,
      config: configLines(),
      symbols: symbolNames(),
    },
    helper: {
      ...helper,
      service: systemdRuns() ? unitState("is-active") : null,
      enabled: systemdRuns() ? unitState("is-enabled") : null,
      pins: names(pinsFolder)?.includes(defaultInstance) ?? null,
      wanted: guardsIn(text("/etc/picket/helper.conf")),
    },
    disk: {
      state,
      free: attempt(() => {
        const { bavail, bsize } = statfsSync(existsSync(state) ? state : "/var/lib");
        return bavail * bsize;
      }),
      files: names(state),
      header: headerOf(join(state, "picket.sqlite")),
      copies: names(join(state, "copies"))?.sort() ?? null,
    },
    surroundings: {
      networkManager: existsSync("/run/NetworkManager"),
      resolved: existsSync("/run/systemd/resolve/io.systemd.Resolve"),
      resolvers: (text("/etc/resolv.conf") ?? "").split("\n").filter((line) => /^nameserver\s/.test(line)).length,
      processes: processNames(),
    },
  };
}

function unitState(verb: "is-active" | "is-enabled"): string | null {
  const said = firstLine("/usr/bin/systemctl", [verb, "picket-helper.service"]);
  return said === "" ? null : said;
}

function configLines(): ReadonlySet<string> | null {
  const packed = attempt(() =>
    gunzipSync(readFileSync("/proc/config.gz"), { maxOutputLength: 4 << 20 }).toString("latin1"),
  );
  const config = packed ?? text(`/boot/config-${release()}`);
  return config === null ? null : new Set(config.split("\n"));
}

/** Names are there for everybody, addresses are not. */
function symbolNames(): ReadonlySet<string> | null {
  const symbols = text("/proc/kallsyms");
  if (!symbols) return null;
  return new Set(symbols.split("\n").map((line) => line.split(" ")[2]?.split("\t")[0] ?? ""));
}

function headerOf(path: string): boolean | null {
  return attempt(() => {
    const fd = openSync(path, "r");
    try {
      const begin = Buffer.alloc(15);
      readSync(fd, begin);
      return begin.toString("latin1") === "SQLite format 3";
    } finally {
      closeSync(fd);
    }
  });
}

/** Of several lines the last counts, as systemd reads such a file (systemd.exec(5), EnvironmentFile=). Pure. */
export function guardsIn(file: string | null): string[] | null {
  const line = [...(file ?? "").matchAll(/^PICKET_GUARD=(.*)$/gm)].at(-1)?.[1];
  return line === undefined ? null : line.replace(/["']/g, "").split(/\s+/).filter(Boolean);
}

function processNames(): ReadonlySet<string> {
  const pids = (names("/proc") ?? []).filter((name) => /^\d+$/.test(name));
  return new Set(pids.flatMap((pid) => text(`/proc/${pid}/comm`)?.trim() ?? []));
}
