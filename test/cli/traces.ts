// Makes the traces that a helper leaves (note, pins, run cgroups, a process that plays the helper), by the convention, under an instance of its own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupMount, instanceOf, notesFolder, pinsFolder } from "../../main/cli/instances.ts";

export class Traces {
  readonly state: string;
  readonly instance: string;
  readonly socket: string;
  readonly note: string;
  readonly pins: string;
  readonly cgroup: string;
  private readonly children: ChildProcess[] = [];

  constructor() {
    this.state = realpathSync(mkdtempSync(join(tmpdir(), `picket-state-${randomBytes(4).toString("hex")}-`)));
    this.instance = instanceOf(this.state);
    this.socket = join(this.state, "helper.sock");
    this.note = join(notesFolder, `${this.instance}.json`);
    this.pins = join(pinsFolder, this.instance);
    const mount = cgroupMount();
    if (!mount) throw new Error("no cgroup2 mount");
    this.cgroup = join(mount, this.instance);
  }

  /** A real map, pinned two folders deep. */
  pin(): void {
    if (!readFileSync("/proc/mounts", "utf8").includes(` ${pinsFolder} bpf `))
      execFileSync("mount", ["-t", "bpf", "bpf", pinsFolder]);
    mkdirSync(join(this.pins, "links"), { recursive: true });
    for (const at of ["m", "links/m"]) {
      execFileSync("bpftool", `map create ${join(this.pins, at)} type array key 4 value 4 entries 1 name t`.split(" "));
    }
  }

  /** A run cgroup, a nested one in it, and a sleeping process in the inner one. */
  async guardProcess(): Promise<number> {
    const inner = join(this.cgroup, "run-1", "inner");
    mkdirSync(inner, { recursive: true });
    const child = await this.start("sleep", ["300"]);
    writeFileSync(join(inner, "cgroup.procs"), String(child.pid));
    return child.pid as number;
  }

  /** A Node process that can be noted as the helper. */
  playHelper(script: string): Promise<ChildProcess> {
    return this.start(process.execPath, ["-e", `${script}; setInterval(() => {}, 1000); console.log("up")`], "up");
  }

  /** As playHelper, but found by what it holds: a BPF map, and the lock in its state folder. */
  playUnnotedHelper(): Promise<ChildProcess> {
    const python = [
      "import ctypes, os, sys",
      "attr = ctypes.create_string_buffer(b''.join(n.to_bytes(4, 'little') for n in (2, 4, 4, 1)), 128)", // ARRAY, key 4, value 4, 1 entry
      "fd = ctypes.CDLL(None, use_errno=True).syscall(321, 0, attr, 128)", // bpf(BPF_MAP_CREATE); x86-64
      "assert fd >= 0, ctypes.get_errno()",
      "os.set_inheritable(fd, True)",
      "os.set_inheritable(os.open(sys.argv[1] + '/helper.lock', os.O_CREAT | os.O_RDWR), True)",
      "os.execv(sys.argv[2], [sys.argv[2], '-e', 'setInterval(() => {}, 1000); console.log(\"up\")'])",
    ].join("\n");
    return this.start("/usr/bin/python3", ["-c", python, this.state, process.execPath], "up");
  }

  writeNote(pid: number, start = startOf(pid)): void {
    mkdirSync(notesFolder, { recursive: true, mode: 0o755 });
    writeFileSync(
      this.note,
      JSON.stringify({ pid, start: Number(start), instance: this.instance, socket: this.socket, state: this.state }),
    );
  }

  left(): string[] {
    return [this.note, this.pins, this.cgroup].filter((path) => existsSync(path));
  }

  /** Ends only the processes started here, and waits for them: a cgroup with a dying one cannot be removed. */
  async removeAll(): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.note, { force: true });
    rmSync(this.pins, { recursive: true, force: true });
    for (const part of ["run-1/inner", "run-1", ""])
      if (existsSync(join(this.cgroup, part))) rmdirSync(join(this.cgroup, part));
    rmSync(this.state, { recursive: true, force: true });
  }

  /** With `announced`, waits until the process has printed it. */
  private start(command: string, args: string[], announced?: string): Promise<ChildProcess> {
    const child = spawn(command, args, { stdio: ["ignore", announced ? "pipe" : "ignore", "inherit"] });
    this.children.push(child);
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      if (announced) child.stdout?.once("data", () => resolve(child));
      else child.once("spawn", () => resolve(child));
    });
  }
}

export function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] as string;
}

/** The cgroup2 path of a process: "/" in the mount's root. */
export function cgroupOf(pid: number): string | undefined {
  return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1];
}
