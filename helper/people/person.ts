// Whose a process is: the person's who logged in and caused it, as the kernel tells. Nothing of it is the process's own word.
import { existsSync, readFileSync } from "node:fs";

/** Uids of people (login.defs, systemd-homed); larger ones (directory services) only while logind knows a session of theirs. */
const first = 1000;
const last = 60_513;
/** Above these lie what services and containers are given for a while (systemd: DynamicUser=), and nobody. */
const lastOfServices = 65_535;
/** (uid_t) -1, which the kernel says where nobody logged in. */
const none = 0xffffffff;

/** Whether a uid is a person's: not root's, not a service's. `logins`: where logind keeps who is logged in. */
export function isPerson(uid: number, logins = "/run/systemd/users"): boolean {
  if (uid >= first && uid <= last) return true;
  return uid > lastOfServices && uid < none && existsSync(`${logins}/${uid}`);
}

/** What the kernel knows of a process. */
export interface Origin {
  readonly uid: number;
  /** At the time of the call, below the cgroup2 mount; null where it is not known any more. */
  readonly cgroup: string | null;
  readonly pid: number;
}

/** The person in whose slice a cgroup lies. Only root puts processes there; below it everybody names their own as they like. */
function slicePerson(cgroup: string | null): number | null {
  const uid = /^\/?user\.slice\/user-(\d{1,10})\.slice(?:\/|$)/.exec(cgroup ?? "")?.[1];
  return uid === undefined ? null : Number(uid);
}

/**
 * The person whose login session caused a process: of the session's cgroup, so that what sudo, su and setuid programs do is asked where it was
 * started; then the one it runs as (cron jobs, units of a user); then of the login that audit remembers. Null: nobody's, the machine's own.
 */
export function personOf(
  { uid, cgroup, pid }: Origin,
  known = { isPerson: (each: number) => isPerson(each), loginOf },
): number | null {
  for (const find of [() => slicePerson(cgroup), () => uid, () => known.loginOf(pid)]) {
    const each = find();
    if (each !== null && known.isPerson(each)) return each;
  }
  return null;
}

/** Who logged in by the audit subsystem, whatever the process has become since (/proc/PID/loginuid); null where nobody logged in, the kernel has no audit, or the process is gone. */
export function loginOf(pid: number): number | null {
  try {
    const uid = Number(readFileSync(`/proc/${pid}/loginuid`, "utf8"));
    return Number.isInteger(uid) && uid !== none ? uid : null;
  } catch {
    return null;
  }
}
