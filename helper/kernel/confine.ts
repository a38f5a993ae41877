// Turns this process into another program that can do almost nothing: no privileges and no way to any, a file system of a few read-only
// folders, bounded memory, time and descriptors. Everything is done by the thread that then executes the program, so nothing of it can
// be missing in another thread.
import { existsSync, lstatSync, mkdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import koffi from "koffi";
import { SystemError } from "./libc.ts";

const libc = koffi.load("libc.so.6");
const c = {
  unshare: libc.func("int unshare(int flags)"),
  mount: libc.func(
    "int mount(const char *source, const char *target, const char *type, uint64_t flags, const char *data)",
  ),
  chroot: libc.func("int chroot(const char *path)"),
  prctl: libc.func("int prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d)"),
  setrlimit: libc.func("int setrlimit(int resource, const void *limit)"),
  setgroups: libc.func("int setgroups(size_t count, const void *groups)"),
  setresgid: libc.func("int setresgid(uint32_t real, uint32_t effective, uint32_t saved)"),
  setresuid: libc.func("int setresuid(uint32_t real, uint32_t effective, uint32_t saved)"),
  fcntl: libc.func("int fcntl(int fd, int command, ...)"),
  execve: libc.func("int execve(const char *path, const char **args, const char **env)"),
};

const CLONE_NEWNS = 0x00020000;
const CLONE_NEWUTS = 0x04000000;
const CLONE_NEWIPC = 0x08000000;

const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_REMOUNT = 32;
const MS_BIND = 4096;
const MS_MOVE = 8192;
const MS_REC = 16384;
const MS_PRIVATE = 1 << 18;

const F_SETFD = 2;

const PR_SET_PDEATHSIG = 1;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const SIGKILL = 9;
/** No kernel has more capabilities. */
const mostCapabilities = 64;

const resources = { cpu: 0, fileSize: 1, data: 2, core: 4, processes: 6, files: 7 } as const;

export interface Confinement {
  /** Uid and gid of the program; nobody else's. */
  readonly id: number;
  /** A folder of root's over which the new file system is built. What is in it cannot be seen by the program. */
  readonly root: string;
  /** Files and folders that the program sees where they are now, read-only; those that do not exist are left out. */
  readonly visible: readonly string[];
  /** The same under other names: [here, there]. */
  readonly renamed: readonly (readonly [from: string, to: string])[];
  /** Hard limits of the process: seconds, bytes and numbers of setrlimit(2). */
  readonly limits: Readonly<Record<keyof typeof resources, number>>;
  /** A cgroup to be in, absolute. */
  readonly cgroup: string;
}

function check(call: string, result: number): void {
  if (result < 0) throw new SystemError(call, koffi.errno());
}

function bind(from: string, to: string): void {
  check(`mount ${from}`, c.mount(from, to, null, MS_BIND | MS_REC, null));
  check(`mount ${from}`, c.mount(null, to, null, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, null));
}

/** A folder, a file or a link of the new file system. */
function show(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  // "/lib" is a link into "/usr" on most systems, and has to be one in here.
  if (lstatSync(from).isSymbolicLink() && dirname(from) === "/") {
    symlinkSync(readlinkSync(from), to);
    return;
  }
  if (statSync(from).isDirectory()) mkdirSync(to, { mode: 0o755 });
  else writeFileSync(to, "", { mode: 0o444 });
  bind(from, to);
}

function enterFileSystem({ root, visible, renamed }: Confinement): void {
  // Whoever started us may have a strict one; what is made here is for another user to pass through.
  process.umask(0o022);
  check("unshare", c.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC));
  check("mount", c.mount(null, "/", null, MS_REC | MS_PRIVATE, null));
  check("mount", c.mount("picket", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"));
  for (const path of visible) show(path, join(root, path));
  for (const [from, to] of renamed) show(from, join(root, to));
  check("mount", c.mount(null, root, null, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=0755,size=1m"));
  // The whole of the old one is below the new one's mount: no longer reachable.
  process.chdir(root);
  check("mount", c.mount(root, "/", null, MS_MOVE, null));
  check("chroot", c.chroot("."));
  process.chdir("/");
}

function limit(resource: number, value: number): void {
  const bounds = Buffer.alloc(16); // struct rlimit
  bounds.writeBigUInt64LE(BigInt(value), 0);
  bounds.writeBigUInt64LE(BigInt(value), 8);
  check("setrlimit", c.setrlimit(resource, bounds));
}

/**
 * Never returns: the process goes on as the program, with `env` and descriptors 0 to 2 alone. Throws SystemError when the kernel refuses
 * any of it; what was done until then stays done, so the caller ends. It dies with its parent.
 */
export function becomeConfined(confinement: Confinement, program: readonly string[], env: readonly string[]): never {
  writeFileSync(join(confinement.cgroup, "cgroup.procs"), "0");
  enterFileSystem(confinement);
  for (const [name, value] of Object.entries(confinement.limits))
    limit(resources[name as keyof typeof resources], value);
  for (let capability = 0; capability < mostCapabilities; capability++) {
    if (c.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) break; // the kernel has no more of them
  }
  check("setgroups", c.setgroups(0, null));
  check("setresgid", c.setresgid(confinement.id, confinement.id, confinement.id));
  check("setresuid", c.setresuid(confinement.id, confinement.id, confinement.id));
  check("prctl", c.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  check("prctl", c.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  // Node would keep its own from the programs it becomes.
  for (const fd of [0, 1, 2]) check("fcntl", c.fcntl(fd, F_SETFD, "int", 0));
  const [path = ""] = program;
  check("execve", c.execve(path, [...program, null], [...env, null]));
  throw new SystemError("execve", koffi.errno());
}
