// The libc calls Node does not offer. Every wrapper throws SystemError with the call's name and errno.
import koffi from "koffi";

const libc = koffi.load("libc.so.6");

/** `errno` is the positive error number. */
export class SystemError extends Error {
  readonly errno: number;
  constructor(call: string, errno: number) {
    super(`${call}: errno ${errno}`);
    this.name = "SystemError";
    this.errno = errno;
  }
}

const c = {
  mmap: libc.func("void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)"),
  madvise: libc.func("int madvise(const void *address, size_t length, int advice)"),
  open: libc.func("int open(const char *path, int flags)"),
  open_by_handle_at: libc.func("int open_by_handle_at(int mount_fd, const void *handle, int flags)"),
  read: libc.func("int64_t read(int fd, _Out_ uint8_t *buffer, size_t bytes)"),
  close: libc.func("int close(int fd)"),
  socket: libc.func("int socket(int domain, int type, int protocol)"),
  bind: libc.func("int bind(int fd, const void *address, uint32_t length)"),
  setsockopt: libc.func("int setsockopt(int fd, int level, int option, const void *value, uint32_t length)"),
  getsockopt: libc.func("int getsockopt(int fd, int level, int option, void *value, void *length)"),
  sendto: libc.func(
    "int64_t sendto(int fd, const void *data, size_t bytes, int flags, const void *to, uint32_t length)",
  ),
  send: libc.func("int64_t send(int fd, const void *data, size_t bytes, int flags)"),
  recv: libc.func("int64_t recv(int fd, _Out_ uint8_t *buffer, size_t bytes, int flags)"),
  setns: libc.func("int setns(int fd, int kind)"),
  setfsuid: libc.func("int setfsuid(uint32_t uid)"),
  clock_gettime: libc.func("int clock_gettime(int clock, void *time)"),
  timerfd_create: libc.func("int timerfd_create(int clock, int flags)"),
  timerfd_settime: libc.func("int timerfd_settime(int fd, int flags, const void *value, void *old)"),
  setfsgid: libc.func("int setfsgid(uint32_t gid)"),
  clock_getres: libc.func("int clock_getres(int clock, void *result)"),
  syscall2: libc.func("syscall", "int64_t", ["int64_t", "int64_t", "int64_t"]),
  syscall4: libc.func("syscall", "int64_t", ["int64_t", "int64_t", "int64_t", "void *", "int64_t"]),
  openat2: libc.func("syscall", "int64_t", ["int64_t", "int64_t", "const char *", "const void *", "int64_t"]),
  flock: libc.func("int flock(int fd, int operation)"),
  mount: libc.func(
    "int mount(const char *source, const char *target, const char *type, uint64_t flags, const char *data)",
  ),
  getxattr: libc.func("int64_t getxattr(const char *path, const char *name, _Out_ uint8_t *value, size_t bytes)"),
  umount: libc.func("int umount(const char *target)"),
  malloc_trim: libc.func("int malloc_trim(size_t keep)"),
};

function check(call: string, result: number | bigint): number {
  if (result < 0) throw new SystemError(call, koffi.errno());
  return Number(result);
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

/** Maps `bytes` of `fd` shared; lives until the process ends. */
export function map(fd: number, bytes: number, offset: number, writable: boolean): ArrayBuffer {
  const at = c.mmap(null, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
  if (BigInt.asIntN(64, koffi.address(at)) === -1n) throw new SystemError("mmap", koffi.errno());
  return koffi.view(at, bytes);
}

/** No reading ahead: what is asked for lies anywhere. */
export const MADV_RANDOM = 1;
/** What is mapped is let go of; whoever asks for it again gets it from the file. */
export const MADV_DONTNEED = 4;

/** Of memory that map() gave, whole. */
export function advise(mapped: Buffer, advice: number): void {
  check("madvise", c.madvise(mapped, mapped.length, advice));
}

export const O_RDONLY = 0;
export const O_PATH = 0o10000000;
export const O_DIRECTORY = 0o200000;
export const O_CLOEXEC = 0o2000000;

export function open(path: string, flags: number): number {
  return check("open", c.open(path, flags | O_CLOEXEC));
}

const SYS_openat2 = 437;
const RESOLVE_NO_XDEV = 1n;
const RESOLVE_NO_MAGICLINKS = 2n;

/** What `path` leads to from `folder`, if that is in the same mount all the way. Throws SystemError (EXDEV 18) when it is not. */
export function openInMount(folder: number, path: string, flags: number): number {
  const how = Buffer.alloc(24); // struct open_how: flags, mode, resolve
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC));
  how.writeBigUInt64LE(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS, 16);
  return check("openat2", c.openat2(SYS_openat2, folder, path, how, how.length));
}

const FILEID_KERNFS = 0xfe;

/** Opens the file of a kernfs (cgroup2) by the number that the kernel knows it by. Throws SystemError (ESTALE 116) when it is gone. */
export function openByKernfsId(mountFd: number, id: bigint, flags: number): number {
  const handle = Buffer.alloc(16); // struct file_handle: size and kind of what follows, then the id
  handle.writeUInt32LE(8);
  handle.writeInt32LE(FILEID_KERNFS, 4);
  handle.writeBigUInt64LE(id, 8);
  return check("open_by_handle_at", c.open_by_handle_at(mountFd, handle, flags | O_CLOEXEC));
}

export function read(fd: number, into: Buffer): number {
  return check("read", c.read(fd, into, into.length));
}

export function close(fd: number): void {
  c.close(fd);
}

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
export const IPPROTO_IP = 0;
export const IPPROTO_RAW = 255;
export const SOL_SOCKET = 1;
export const SO_TYPE = 3;
export const SO_BROADCAST = 6;
export const IP_MULTICAST_LOOP = 34;
export const SO_PRIORITY = 12;
export const SO_LINGER = 13;
export const SO_PEERCRED = 17;
export const SO_SNDBUFFORCE = 32;
export const SO_MARK = 36;
export const SO_BINDTOIFINDEX = 62;
export const SO_COOKIE = 57;
export const SO_NETNS_COOKIE = 71; // Linux 5.14
export const SO_PEERPIDFD = 77; // Linux 6.5

export function socket(domain: number, type: number, protocol: number): number {
  return check("socket", c.socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
}

export function bind(fd: number, address: Buffer): void {
  check("bind", c.bind(fd, address, address.length));
}

export function setIntegerOption(fd: number, level: number, option: number, value: number): void {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value | 0);
  setOption(fd, level, option, buffer);
}

export function setOption(fd: number, level: number, option: number, value: Buffer): void {
  check("setsockopt", c.setsockopt(fd, level, option, value, value.length));
}

/** Fills `into` and returns the bytes the kernel wrote. */
export function getOption(fd: number, level: number, option: number, into: Buffer): number {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(into.length);
  check("getsockopt", c.getsockopt(fd, level, option, into, length));
  return length.readUInt32LE();
}

/** Fails with EAGAIN instead of waiting. */
export const MSG_DONTWAIT = 0x40;

export function sendTo(fd: number, data: Buffer, to: Buffer, flags = 0): void {
  check("sendto", c.sendto(fd, data, data.length, flags, to, to.length));
}

/** struct sockaddr_un; an abstract name begins with a zero byte, which is written as "@". */
export function unixAddress(place: string): Buffer {
  const name = Buffer.from(place.startsWith("@") ? `\0${place.slice(1)}` : place);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}

export function send(fd: number, data: Buffer): void {
  check("send", c.send(fd, data, data.length, 0));
}

/** One message of at most `bytes`; what is longer is cut. */
export function receive(fd: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, check("recv", c.recv(fd, buffer, bytes, 0)));
}

const CLONE_NEWNET = 0x40000000;

/** Switches the *calling thread's* network namespace; callers switch back before they return to the event loop. */
export function enterNetworkNamespace(fd: number): void {
  check("setns", c.setns(fd, CLONE_NEWNET));
}

/** Does `work` with the calling thread's file-system user and group changed: new sockets take them as their owner. */
export function asOwner<T>(uid: number, gid: number, work: () => T): T {
  c.setfsgid(gid);
  c.setfsuid(uid);
  try {
    return work();
  } finally {
    c.setfsuid(0);
    c.setfsgid(0);
  }
}

const CLOCK_MONOTONIC_COARSE = 6;

/** Timer ticks per second (CONFIG_HZ): the coarse clocks advance by one tick. */
export function ticksPerSecond(): number {
  const resolution = Buffer.alloc(16);
  check("clock_getres", c.clock_getres(CLOCK_MONOTONIC_COARSE, resolution));
  return Math.round(1e9 / Number(resolution.readBigInt64LE(8)));
}

const CLOCK_REALTIME = 0;
export const CLOCK_BOOTTIME = 7;

/** Nanoseconds. */
function clock(which: number): bigint {
  const time = Buffer.alloc(16); // struct timespec
  check("clock_gettime", c.clock_gettime(which, time));
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}

/** Milliseconds since the machine started, the time it slept included. No clock that anybody could set. */
export function boottime(): number {
  return Number(clock(CLOCK_BOOTTIME)) / 1e6;
}

/** What CLOCK_BOOTTIME's zero is in nanoseconds since 1970, by the clock as it is set now. */
export function bootMoment(): bigint {
  return clock(CLOCK_REALTIME) - clock(CLOCK_BOOTTIME);
}

const TFD_CLOEXEC = 0o2000000;
const TFD_NONBLOCK = 0o4000;
const TFD_TIMER_ABSTIME = 1;

export function timer(clock: number): number {
  return check("timerfd_create", c.timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK));
}

/** Makes the timer readable at a moment of its clock, milliseconds, once; null: never. */
export function setTimer(fd: number, at: number | null): void {
  const value = Buffer.alloc(32); // struct itimerspec: interval, then the moment
  if (at !== null) {
    const nanoseconds = BigInt(Math.max(1, Math.ceil(at))) * 1_000_000n;
    value.writeBigInt64LE(nanoseconds / 1_000_000_000n, 16);
    value.writeBigInt64LE(nanoseconds % 1_000_000_000n, 24);
  }
  check("timerfd_settime", c.timerfd_settime(fd, TFD_TIMER_ABSTIME, value, null));
}

const SYS_pidfd_send_signal = 424; // the same number on every architecture
const SYS_pidfd_open = 434;

/** Throws SystemError (ESRCH 3) when there is no such process. */
export function pidfdOpen(pid: number): number {
  return check("pidfd_open", c.syscall2(SYS_pidfd_open, pid, 0));
}

/** Whether the process behind the pidfd still runs. */
export function pidfdAlive(pidfd: number): boolean {
  return c.syscall4(SYS_pidfd_send_signal, pidfd, 0, null, 0) >= 0;
}

const SYS_pidfd_getfd = 438;

/** A descriptor of this process on what the other's descriptor `fd` is open on. */
export function pidfdGetFd(pidfd: number, fd: number): number {
  return check("pidfd_getfd", c.syscall4(SYS_pidfd_getfd, pidfd, fd, null, 0));
}

/** The kernel's name of a socket's protocol: "UDP", "UDPv6", "TCP", "UNIX". `path`: of an open descriptor below /proc. */
export function socketProtocol(path: string): string {
  const name = Buffer.alloc(64);
  return name
    .toString("latin1", 0, check("getxattr", c.getxattr(path, "system.sockprotoname", name, name.length)))
    .replace(/\0.*$/s, "");
}

const LOCK_EX = 2;
const LOCK_NB = 4;

/** False when another process holds the lock. The kernel drops it with the process, however that ends. */
export function tryLock(fd: number): boolean {
  return c.flock(fd, LOCK_EX | LOCK_NB) === 0;
}

export function mountBpf(target: string): void {
  check("mount", c.mount("bpf", target, "bpf", 0, "mode=0700"));
}

export function unmount(target: string): void {
  check("umount", c.umount(target));
}

/** Gives back to the system what was freed in every thread's heap: glibc itself keeps it for later. */
export function trimMemory(): void {
  c.malloc_trim(0);
}
