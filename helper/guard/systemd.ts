// Asks systemd for slices and scopes, where systemd is the one that manages cgroups.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DBusError, type Message, type MessageBus, Variant } from "dbus-native";
import { CodedError } from "../../contract/errors.ts";
import { withPeer } from "../system-bus.ts";
import { connectToSystemd } from "./systemd-socket.ts";
import { cgroupName, sliceCgroup, type UnitKind, unitKind } from "./unit-names.ts";

/**
 * The longest one request to us may take, answer and job together, milliseconds: systemd answers in under 20, and on a computer that has
 * no time for it gets as much as its own library gives an answer (sd_bus_get_method_call_timeout(3)).
 */
const patience = 25_000;

/** How often releaseSlice looks again for processes that were born while it moved the others. */
const releaseRounds = 5;

const systemd = "org.freedesktop.systemd1";
const managerPath = "/org/freedesktop/systemd1";
const managerInterface = "org.freedesktop.systemd1.Manager";

/** True where a cgroup made behind systemd's back would be somebody else's property. */
export function systemdManagesCgroups(): boolean {
  try {
    // sd_booted(3): the folder exists only if this system was booted with systemd.
    if (!statSync("/run/systemd/system").isDirectory()) return false;
    // A container may share /run without sharing PID 1; systemd always puts itself into init.scope. Without a cgroup2
    // tree of its own (legacy hierarchy) there is no such line and no place for our programs either.
    return unifiedCgroup(1)?.endsWith("/init.scope") ?? false;
  } catch {
    return false;
  }
}

/** Starts the slice unit, so that its cgroup exists; returns that cgroup as a path below the cgroup2 mount. Idempotent. */
export async function ensureSlice(name: string): Promise<string> {
  requireUnitName(name, ".slice");
  return withSystemd(async (manager) => {
    await manager.runJob("StartUnit", "ss", [name, "replace"]);
    return manager.controlGroup(name, "Slice");
  });
}

export interface UnitPlace {
  /** "loaded", or why systemd cannot run it: "not-found", "masked", "bad-setting"… (LoadState of org.freedesktop.systemd1.Unit). */
  readonly state: string;
  /** Where it runs or will run, as a path below the cgroup2 mount; empty for the root slice. */
  readonly cgroup: string;
}

/** Where the system's manager runs a unit. Nothing is started. Throws NoSuchUnit for what is no unit's name, to it or to us. */
export async function placeOfUnit(name: string): Promise<UnitPlace> {
  const kind = unitKind(name);
  if (kind === null)
    throw new NoSuchUnit("run_failed", `not a unit with processes: ${JSON.stringify(name.slice(0, 80))}`);
  return withSystemd((manager) => manager.place(name, kind));
}

export interface Scope {
  /** Ends in ".scope"; must not exist yet. */
  unit: string;
  /** Ends in ".slice". */
  slice: string;
  /** In the process id namespace that systemd and this process share. */
  pid: number;
  description: string;
}

/**
 * Moves a running process into a transient scope and returns the scope's cgroup as a path below the cgroup2 mount. systemd removes
 * the scope when its last process ends. The process is named by number: systemd takes pidfds only from 255 on and Node cannot
 * pass descriptors, so a caller that does not own the process keeps a pidfd over the call and checks afterwards that it still lives;
 * then the number was never anybody else's.
 */
export async function startScope({ unit, slice, pid, description }: Scope): Promise<string> {
  requireUnitName(unit, ".scope");
  requireUnitName(slice, ".slice");
  // systemd reads 0 as "the caller": that would be the helper itself.
  if (!Number.isInteger(pid) || pid <= 1) throw new CodedError("run_failed", `no such process: ${pid}`);
  return withSystemd(async (manager) => {
    await manager.startScope(unit, slice, [pid], description);
    const cgroup = await manager.controlGroup(unit, "Scope");
    const found = unifiedCgroup(pid);
    if (found !== cgroup)
      throw new CodedError("run_failed", `the process is in ${found ?? "no cgroup"}, not in ${cgroup}`);
    return cgroup;
  });
}

/**
 * Stops a slice of ours and leaves alive what still runs in its scopes: each scope's processes move on to a scope below user.slice.
 * Idempotent. systemd itself never stops a slice that was started, however empty it is.
 */
export async function releaseSlice(name: string): Promise<void> {
  requireUnitName(name, ".slice");
  await withSystemd(async (manager) => {
    if (!(await manager.isActive(name))) return;
    // A process that forks or ends while its scope is moved needs another round.
    for (let round = 1; ; round++) {
      const inhabited = await manager.processesBelow(name);
      if (inhabited.size === 0) break;
      if (round > releaseRounds) throw new CodedError("run_failed", `${name} does not get empty`);
      for (const [scope, pids] of inhabited) {
        const unit = scope.replace(/\.scope$/, `-released-${round}.scope`);
        const moved = manager.startScope(unit, "user.slice", pids, `Released from ${name}`);
        await moved.catch((error) => {
          if (round === releaseRounds) throw error;
        });
      }
    }
    // Stopping a slice stops what is in it, so never before it is empty.
    await manager.runJob("StopUnit", "ss", [name, "replace"]);
  });
}

/** The process's cgroup2 path, or null if the process is gone or has none. Hybrid hosts list v1 lines too: only `0::` counts. */
function unifiedCgroup(pid: number): string | null {
  try {
    return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}

function requireUnitName(name: string, suffix: string): void {
  // systemd's own limit is 255; no escapes, no templates.
  if (name.length > 255 || !/^[A-Za-z0-9_:][A-Za-z0-9_:.-]*$/.test(name) || !name.endsWith(suffix))
    throw new CodedError("run_failed", `not a ${suffix} name: ${JSON.stringify(name.slice(0, 80))}`);
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").slice(0, 200);
}

/** systemd has answered, and a unit of that name there cannot be. Whatever else goes wrong says nothing about the name. */
export class NoSuchUnit extends CodedError {}
const nameless = ["org.freedesktop.DBus.Error.InvalidArgs", "org.freedesktop.systemd1.NoSuchUnit"];

async function withSystemd<T>(work: (manager: Manager) => Promise<T>): Promise<T> {
  try {
    return await withPeer(connectToSystemd(), patience, (peer) => work(new Manager(peer)));
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const unknown = error instanceof DBusError && nameless.includes(error.dbusName ?? "");
    throw new (unknown ? NoSuchUnit : CodedError)("run_failed", oneLine((error as Error).message ?? String(error)));
  }
}

/** systemd's manager object, seen through one connection. */
class Manager {
  private readonly peer: MessageBus;
  /** Results of the jobs that ended while we listen, by object path. */
  private readonly ended = new Map<string, string>();
  private awaited: { job: string; resolve: (result: string) => void } | undefined;

  constructor(peer: MessageBus) {
    this.peer = peer;
    // Whoever is connected hears every signal, without asking for it.
    peer.connection.on("message", (message: Message) => this.notice(message));
  }

  /** Calls a method that returns a job and waits until that job is done. */
  async runJob(member: string, signature: string, body: unknown[]): Promise<void> {
    const job = String(await this.call(member, signature, body));
    // The job may have ended before its name reached us.
    const result = this.ended.get(job) ?? (await new Promise<string>((resolve) => (this.awaited = { job, resolve })));
    if (result !== "done") throw new CodedError("run_failed", `systemd's job ended with "${result}"`);
  }

  startScope(unit: string, slice: string, pids: readonly number[], description: string): Promise<void> {
    const properties: [string, Variant][] = [
      ["Description", new Variant("s", oneLine(description))],
      ["Slice", new Variant("s", slice)],
      ["PIDs", new Variant("au", [...pids])],
      // A scope that failed must not keep its name and its cgroup until somebody says reset-failed.
      ["CollectMode", new Variant("s", "inactive-or-failed")],
      // As in login sessions: the guard adds no limit of its own.
      ["TasksMax", new Variant("t", 0xffff_ffff_ffff_ffffn)],
    ];
    return this.runJob("StartTransientUnit", "ssa(sv)a(sa(sv))", [unit, "fail", properties, []]);
  }

  async isActive(unit: string): Promise<boolean> {
    // Unlike GetUnit this is no error for a name that systemd has not in memory.
    const units = (await this.call("ListUnitsByNames", "as", [[unit]])) as unknown[][];
    return units[0]?.[3] === "active";
  }

  /** The scopes right below a slice that have processes, with these. */
  async processesBelow(slice: string): Promise<Map<string, number[]>> {
    const inhabited = new Map<string, number[]>();
    const required = (await this.property(slice, "Unit", "RequiredBy")) as string[];
    for (const scope of required.filter((unit) => unit.endsWith(".scope"))) {
      const processes = (await this.call("GetUnitProcesses", "s", [scope])) as [string, number, string][];
      if (processes.length > 0)
        inhabited.set(
          scope,
          processes.map(([, pid]) => pid),
        );
    }
    return inhabited;
  }

  /** `kind`: the unit type as in the interface's name. */
  async controlGroup(unit: string, kind: "Slice" | "Scope"): Promise<string> {
    const cgroup = await this.property(unit, kind, "ControlGroup");
    // Empty once the unit's last process has ended.
    if (typeof cgroup !== "string" || !cgroup.startsWith("/"))
      throw new CodedError("run_failed", `${unit} has no cgroup`);
    return cgroup;
  }

  async place(unit: string, kind: UnitKind): Promise<UnitPlace> {
    const path = String(await this.call("LoadUnit", "s", [unit]));
    const own = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
    const read = (name: string, type = "Unit") => this.propertyAt(path, type, name);
    const [state, cgroup] = [String(await read("LoadState")), String(await read("ControlGroup", own))];
    if (cgroup !== "") return { state: "loaded", cgroup: cgroup.replace(/^\//, "") };
    // An alias has the cgroup of the unit it stands for.
    const id = String(await read("Id"));
    if (kind !== "slice") {
      return { state, cgroup: join(sliceCgroup(String(await read("Slice", own))), cgroupName(id)) };
    }
    // systemd makes up any slice that is named to it; whoever made one on purpose wrote a file.
    const files = [await read("FragmentPath"), ...((await read("DropInPaths")) as string[])].filter(Boolean);
    return { state: files.length > 0 ? state : "not-found", cgroup: sliceCgroup(id) };
  }

  private async property(unit: string, kind: string, name: string): Promise<unknown> {
    return this.propertyAt(String(await this.call("GetUnit", "s", [unit])), kind, name);
  }

  private propertyAt(path: string, kind: string, name: string): PromiseLike<unknown> {
    return this.peer.invoke<unknown>({
      destination: systemd,
      path,
      interface: "org.freedesktop.DBus.Properties",
      member: "Get",
      signature: "ss",
      body: [`org.freedesktop.systemd1.${kind}`, name],
    });
  }

  private call(member: string, signature?: string, body?: unknown[]): PromiseLike<unknown> {
    return this.peer.invoke({
      destination: systemd,
      path: managerPath,
      interface: managerInterface,
      member,
      ...(signature === undefined ? {} : { signature, body: body ?? [] }),
    });
  }

  private notice(message: Message): void {
    if (message.interface !== managerInterface || message.member !== "JobRemoved") return;
    const [, job, , result] = message.body ?? [];
    if (typeof job !== "string" || typeof result !== "string") return;
    this.ended.set(job, result);
    if (this.awaited?.job === job) this.awaited.resolve(result);
  }
}
