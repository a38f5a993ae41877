// Sets an option of an app's socket: the helper takes a descriptor of its own on it (pidfd_getfd(2)), found by the socket's cookie.
import { type Dir, opendirSync, readlinkSync } from "node:fs";
import type { FlowRecord } from "./layout.ts";
import {
  close,
  getOption,
  O_PATH,
  open,
  pidfdGetFd,
  pidfdOpen,
  SO_COOKIE,
  SO_LINGER,
  SO_TYPE,
  SOCK_DGRAM,
  SOL_SOCKET,
  SystemError,
  setIntegerOption,
  setOption,
  socketProtocol,
} from "./libc.ts";

/** Bits of errors_wanted (ERRORS_* in bpf/picket.h), and the option that each stands for. */
const errorOptions = [
  { bit: 1, level: 0, option: 11 }, // SOL_IP, IP_RECVERR
  { bit: 2, level: 41, option: 25 }, // SOL_IPV6, IPV6_RECVERR
];

/** Where nobody needs them: resolvers hear of what matters on their connected sockets, and take a new one for each look-up. */
const namePort = 53;

/** How long one socket is looked for, and how long in each second in all, milliseconds: a process may have a million descriptors. */
const longestSearch = 5;
const searchesPerSecond = 50;
/** Descriptors that are looked at whatever the clock says: the first search of all meets cold code. */
const alwaysLooked = 64;

let second = 0;
let spent = 0;
let abandoned = 0;

/** Sockets that were not looked for to the end: they hear of no errors. */
export function abandonedSearches(): number {
  return abandoned;
}

/**
 * What asked for errors before anybody could keep them from it hears of none from now on, until it is given them like others: a hold would be one.
 * Only as its cgroup is guarded: which of an app's sockets it is must be searched for. Returns whether it did.
 */
export function withholdErrors(pid: number, cookie: bigint): boolean {
  const fd = takeSocket(pid, cookie);
  if (fd === undefined) return false;
  const value = Buffer.alloc(4);
  try {
    const given = errorOptions.filter(({ level, option }) => optionOf(fd, level, option, value));
    for (const { level, option } of given) setIntegerOption(fd, level, option, 0);
    return given.length > 0;
  } catch (error) {
    // Some other program of cgroups may forbid it: then it hears of the hold.
    if (!(error instanceof SystemError)) throw error;
    return false;
  } finally {
    close(fd);
  }
}

/** Whether the option is on. IPv4 sockets have none of IPv6's. */
function optionOf(fd: number, level: number, option: number, value: Buffer): boolean {
  try {
    getOption(fd, level, option, value);
    return value.readInt32LE() !== 0;
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

/** The app's socket, where it has asked for errors and may have them now (bpf/options.bpf.h); giveErrors() closes it. */
export function takeErrorSocket(record: FlowRecord): number | undefined {
  const { errors_wanted, flow, process } = record;
  if (errors_wanted === 0 || flow.port === namePort) return undefined;
  return takeSocket(process.pid, flow.cookie);
}

/** Undefined when the process does not have it any more, or has too much to look through. */
function takeSocket(pid: number, cookie: bigint): number | undefined {
  const start = performance.now();
  if (start - second >= 1000) {
    second = start;
    spent = 0;
  }
  const allowed = Math.min(longestSearch, searchesPerSecond - spent);
  try {
    const pidfd = pidfdOpen(pid);
    try {
      return search(pidfd, pid, cookie, start + allowed);
    } finally {
      close(pidfd);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
    return undefined;
  } finally {
    spent += performance.now() - start;
  }
}

function search(pidfd: number, pid: number, cookie: bigint, deadline: number): number | undefined {
  const descriptors: Dir = opendirSync(`/proc/${pid}/fd`);
  try {
    let looked = 0;
    for (let entry = descriptors.readSync(); entry !== null; entry = descriptors.readSync()) {
      if (looked++ >= alwaysLooked && performance.now() >= deadline) {
        abandoned++;
        return undefined;
      }
      const fd = takeIf(pidfd, pid, Number(entry.name), cookie);
      if (fd !== undefined) return fd;
    }
    return undefined;
  } finally {
    descriptors.closeSync();
  }
}

/** Processes end, and close what they have, while somebody looks. */
function isGone(error: unknown): boolean {
  return error instanceof SystemError || (error as NodeJS.ErrnoException).code !== undefined;
}

function takeIf(pidfd: number, pid: number, number: number, cookie: bigint): number | undefined {
  try {
    if (!isDatagramSocket(`/proc/${pid}/fd/${number}`)) return undefined;
    const fd = pidfdGetFd(pidfd, number);
    const value = Buffer.alloc(8);
    getOption(fd, SOL_SOCKET, SO_COOKIE, value);
    if (value.readBigUInt64LE() === cookie) return fd;
    letGo(fd);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return undefined;
}

/**
 * Known before it is taken: the app may close its own meanwhile, and the last to close a connection waits as long as the app has said
 * (SO_LINGER). Asked through a path of our own, which stays a socket's: a file system in user space could let us wait for an answer.
 */
function isDatagramSocket(path: string): boolean {
  if (!readlinkSync(path).startsWith("socket:")) return false;
  const fd = open(path, O_PATH);
  try {
    const own = `/proc/self/fd/${fd}`;
    return readlinkSync(own).startsWith("socket:") && socketProtocol(own).startsWith("UDP");
  } finally {
    close(fd);
  }
}

/** Closes what was taken, at once. What is no datagram socket was put there while we looked: only who plays with us misses its linger. */
function letGo(fd: number): void {
  const type = Buffer.alloc(4);
  getOption(fd, SOL_SOCKET, SO_TYPE, type);
  if (type.readInt32LE() !== SOCK_DGRAM) setOption(fd, SOL_SOCKET, SO_LINGER, Buffer.alloc(8));
  close(fd);
}

/** Lets the socket hear of errors, and closes the helper's descriptor of it. */
export function giveErrors(fd: number, { errors_wanted }: FlowRecord): void {
  try {
    for (const { bit, level, option } of errorOptions) if (errors_wanted & bit) setIntegerOption(fd, level, option, 1);
  } finally {
    close(fd);
  }
}
