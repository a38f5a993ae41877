// A throw-away virtual machine: qemu under software emulation, one of Debian's stock kernels, the test machine's root file system. Nothing is
// written on the host: files come in read-only by 9p, commands and output go over a virtio-serial port on qemu's own stdin and stdout.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { slowness } from "../end-to-end/helper-process.ts";
import {
  asService,
  buildOnce,
  buildRootfs,
  cache,
  defaultTimeout,
  type Machine,
  type MachineOptions,
  outsideCheckout,
  type RunOptions,
} from "../machine/machine.ts";

/** Debian 12's own kernel, and the one from its backports. */
export const kernels = ["6.1", "6.12"] as const;
export type Kernel = (typeof kernels)[number];

/** Boot takes about ten seconds on an idle host; what is installed may be part of it, and starts twenty to sixty times slower than elsewhere. */
const bootPatience = 300_000 * slowness;
const shutDownPatience = 180_000 * slowness;
/** On top of a command's own time limit: the machine itself may stall. */
const answerPatience = 30_000 * slowness;

/** For what is installed, as a drop-in of the helper's unit: path and text. An emulated processor is twenty to sixty times slower. */
export const slowUnit = [
  "/etc/systemd/system/picket-helper.service.d/slow.conf",
  "[Service]\nTimeoutStartSec=900\nWatchdogSec=600\n",
] as const;

export interface VirtualMachine extends Machine {
  /** qemu, as the host numbers it. */
  readonly pid: number;
  /** What `uname -r` says inside. */
  readonly release: string;
  /** As a person does it: systemd ends everything in order. */
  shutDown(): Promise<void>;
}

export interface VmRunOptions extends RunOptions {
  /** Told of output as it comes, for commands that take minutes. */
  onOutput?: (text: string) => void;
}

/** What the guest's agent says (agent.py). */
interface Message {
  ready?: true;
  id?: number;
  stdout?: string;
  stderr?: string;
  code?: number | null;
}

/** Builds root file system and kernel where they are missing. */
export async function buildKernel(
  kernel: Kernel,
  kind?: MachineOptions["kind"],
): Promise<{ rootfs: string; folder: string }> {
  const rootfs = await buildRootfs(kind);
  return { rootfs, folder: await buildOnce(join(import.meta.dirname, "build-kernel.sh"), cache, kernel, rootfs) };
}

export interface VmOptions extends Pick<MachineOptions, "kind"> {
  /** MiB. */
  memory?: number;
  /** An ext4 image for what is written, so that another boot finds it. Default: memory. */
  disk?: string;
}

/** An empty one, in a sparse file. */
export function makeDisk(path: string): void {
  execFileSync("truncate", ["--size=4G", path]);
  execFileSync("mkfs.ext4", ["-q", path]);
}

/** Builds what is missing, boots, and returns once systemd says that the system is up. */
export async function startVm(kernel: Kernel, { kind, memory = 2048, disk }: VmOptions = {}): Promise<VirtualMachine> {
  const { rootfs, folder } = await buildKernel(kernel, kind);
  const console = openConsole();
  const qemu = startQemu(folder, rootfs, { memory, ...(disk === undefined ? {} : { disk }) }, console);
  const gone = new Promise<void>((settle) => qemu.once("close", () => settle()).once("error", () => settle()));
  const stop = async () => {
    qemu.kill("SIGKILL");
    await gone;
    console.close();
  };
  const agent = new Agent(qemu, gone);
  try {
    await agent.within(agent.ready, bootPatience, "agent");
    const wait = await agent.run(["systemctl", "is-system-running", "--wait"], bootPatience);
    if (wait.stdout.trim() !== "running") {
      const failed = await agent.run(["systemctl", "list-units", "--failed", "--plain", "--no-legend"], defaultTimeout);
      throw new Error(`systemd says ${wait.stdout.trim() || wait.stderr}: ${failed.stdout}`);
    }
  } catch (error) {
    const text = console.tail();
    await stop();
    throw new Error(`the virtual machine did not boot: ${error instanceof Error ? error.message : error}\n${text}`);
  }
  const run = async (command: readonly string[], options: VmRunOptions = {}) => {
    const { timeout = defaultTimeout, onOutput } = options;
    return agent.run(asService(command, options), timeout, onOutput);
  };
  const shutDown = async () => {
    // It may be gone before it has answered.
    agent.run(["systemctl", "--no-block", "poweroff"], defaultTimeout).catch(() => {});
    const late = sleep(shutDownPatience, "late", { ref: false });
    if ((await Promise.race([gone, late])) === "late")
      throw new Error(`no power-off within ${shutDownPatience} ms\n${console.tail()}`);
    console.close();
  };
  return { pid: qemu.pid!, release: readFileSync(join(folder, "version"), "utf8").trim(), run, stop, shutDown };
}

/** Where the kernel's messages go: a file without a name, so that a killed run leaves none. */
function openConsole(): { fd: number; tail(): string; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), "picket-vm-"));
  const fd = openSync(join(folder, "console"), "a+");
  rmSync(folder, { recursive: true });
  let open = true;
  return {
    fd,
    tail: () => readFileSync(`/proc/self/fd/${fd}`, "utf8").slice(-4096),
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function startQemu(kernel: string, rootfs: string, options: VmOptions, { fd }: { fd: number }): ChildProcess {
  const { memory, disk } = options;
  const share = (tag: string, path: string) => [
    "-fsdev",
    `local,id=${tag},path=${path.replaceAll(",", ",,")},security_model=none,readonly=on,multidevs=remap`,
    "-device",
    `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`,
  ];
  const words = [
    // If this process is killed, so is qemu.
    ...["--pdeathsig", "KILL", "qemu-system-x86_64", "-no-user-config", "-nodefaults", "-no-reboot", "-machine", "q35"],
    // Never KVM: a machine's own /dev/kvm may not boot stock kernels, and results must not depend on it. A plain processor, for newer ones'
    // features only cost time when they are emulated. One of them: on two, Node's own compiler threads crash it in one start of twenty
    // ("Check failed: it->second.Size() > offset", without any program of ours).
    ...["-accel", "tcg,tb-size=512", "-cpu", "Nehalem-v1", "-smp", "1", "-m", String(memory)],
    ...["-display", "none", "-nic", "none", "-device", "virtio-rng-pci"],
    ...["-kernel", join(kernel, "vmlinux"), "-initrd", join(kernel, "initrd")],
    "-append",
    "console=ttyS0 quiet panic=-1 mitigations=off nokaslr no_timer_check systemd.show_status=0",
    ...["-chardev", "file,id=console,path=/proc/self/fd/3", "-serial", "chardev:console"],
    ...["-chardev", "stdio,id=agent,signal=off", "-device", "virtio-serial-pci"],
    ...["-device", "virtserialport,chardev=agent,name=agent"],
    ...(disk === undefined ? [] : ["-drive", `file=${disk.replaceAll(",", ",,")},format=raw,if=virtio`]),
    ...[...share("rootfs", rootfs), ...share("picket", outsideCheckout), ...share("modules", join(kernel, "modules"))],
  ];
  // A session of its own: a Ctrl-C at the terminal is ours to handle.
  return spawn("setpriv", words, { detached: true, stdio: ["pipe", "pipe", "pipe", fd] });
}

interface Pending {
  stdout: string;
  stderr: string;
  settle(code: number | null): void;
  onOutput: ((text: string) => void) | undefined;
}

class Agent {
  readonly ready: Promise<void>;
  private readonly pending = new Map<number, Pending>();
  private readonly ended: Promise<never>;
  private readonly qemu: ChildProcess;
  private last = 0;

  constructor(qemu: ChildProcess, gone: Promise<void>) {
    this.qemu = qemu;
    let errors = "";
    qemu.stderr!.on("data", (chunk: Buffer) => {
      errors = (errors + chunk).slice(-4096);
    });
    this.ended = gone.then(() => {
      throw new Error(`qemu ended (${qemu.exitCode ?? qemu.signalCode}) ${errors}`);
    });
    this.ended.catch(() => {});
    qemu.stdin!.on("error", () => {}); // `ended` says it
    const lines = createInterface({ input: qemu.stdout! });
    this.ready = new Promise((settle) => {
      lines.on("line", (line) => {
        const message = JSON.parse(line) as Message;
        if (message.ready) settle();
        else this.take(message);
      });
    });
  }

  async run(command: readonly string[], timeout: number, onOutput?: (text: string) => void) {
    const id = ++this.last;
    const pending = { stdout: "", stderr: "", settle: (_: number | null) => {}, onOutput };
    const end = new Promise<number | null>((settle) => {
      pending.settle = settle;
    });
    this.pending.set(id, pending);
    this.qemu.stdin!.write(`${JSON.stringify({ id, command, timeout: timeout / 1000 })}\n`);
    try {
      const code = await this.within(end, timeout + answerPatience, "answer from the machine");
      const { stdout, stderr } = pending;
      if (code === null) throw new Error(`${command.join(" ")}: no end within ${timeout} ms\n${stdout}\n${stderr}`);
      return { code, stdout, stderr };
    } finally {
      this.pending.delete(id);
    }
  }

  async within<T>(wanted: Promise<T>, limit: number, what: string): Promise<T> {
    const timer = new AbortController();
    const late = sleep(limit, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`no ${what} within ${limit} ms`);
    });
    late.catch(() => {});
    try {
      return await Promise.race([wanted, late, this.ended]);
    } finally {
      timer.abort();
    }
  }

  private take({ id, stdout, stderr, code }: Message): void {
    const pending = id === undefined ? undefined : this.pending.get(id);
    if (!pending) return;
    pending.stdout += stdout ?? "";
    pending.stderr += stderr ?? "";
    if (stdout ?? stderr) pending.onOutput?.(stdout ?? stderr ?? "");
    if (code !== undefined) pending.settle(code);
  }
}
