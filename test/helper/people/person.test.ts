// Whose a process is, by what the kernel says of it.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lockedUsers } from "../../../helper/people/logins.ts";
import { isPerson, personOf } from "../../../helper/people/person.ts";

const [alice, bob] = [1000, 1001];
const known = (login: number | null) => ({
  isPerson: (uid: number) => uid === alice || uid === bob,
  loginOf: () => login,
});
const slice = "/user.slice/user-1000.slice/session-2.scope";

it.each([
  ["one's own, in one's own session", { uid: alice, cgroup: slice }, null, alice],
  ["of the session in which sudo runs", { uid: 0, cgroup: slice }, bob, alice],
  ["of the session in which su runs, whoever it becomes", { uid: bob, cgroup: slice }, bob, alice],
  ["one's own outside of every session: a cron job", { uid: bob, cgroup: "/system.slice/cron.service" }, null, bob],
  ["of the login that audit remembers, where sudo left the session", { uid: 0, cgroup: "/picket.slice/x" }, bob, bob],
  ["of nobody: a service", { uid: 33, cgroup: "/system.slice/apache2.service" }, null, null],
  ["of nobody, where audit names nobody's uid", { uid: 0, cgroup: null }, 33, null],
  ["one's own where the cgroup is gone", { uid: bob, cgroup: null }, null, bob],
  // Below one's own slice everybody names cgroups as they like; only root puts them at the top.
  [
    "not of whom a cgroup is named after",
    { uid: alice, cgroup: `${slice}/user.slice/user-1001.slice/x.scope` },
    null,
    alice,
  ],
  [
    "not of whom a slice elsewhere is named after",
    { uid: 33, cgroup: "/system.slice/user.slice/user-1000.slice" },
    null,
    null,
  ],
  ["not of a slice's number that is no person's", { uid: 33, cgroup: "/user.slice/user-33.slice/x" }, null, null],
])("a process is %s", (_, origin, login, expected) => {
  expect(personOf({ ...origin, pid: 1 }, known(login))).toBe(expected);
});

it("people have the uids that systems give to people, or a session that logind knows", () => {
  const logins = mkdtempSync(join(tmpdir(), "picket-logins-"));
  try {
    for (const uid of [1000, 59_999, 60_001, 60_513]) expect(isPerson(uid, logins), String(uid)).toBe(true);
    for (const uid of [0, 33, 999, 61_184, 65_534, 65_535, 200_000, 0xffffffff])
      expect(isPerson(uid, logins), String(uid)).toBe(false);
    for (const uid of [61_184, 200_000, 0xffffffff]) mkdirSync(join(logins, String(uid)));
    expect(isPerson(200_000, logins)).toBe(true);
    expect(isPerson(61_184, logins)).toBe(false);
    expect(isPerson(0xffffffff, logins)).toBe(false);
  } finally {
    rmSync(logins, { recursive: true });
  }
});

it("somebody is away when all of their screens are locked, and a terminal is no screen", () => {
  const login = (uid: number, graphical: boolean, locked: boolean) => ({ uid, graphical, locked });
  const away = lockedUsers([
    ...[login(1, true, true), login(1, false, false)],
    ...[login(2, true, true), login(2, true, false)],
    login(3, false, true),
  ]);
  expect([...away]).toEqual([1]);
});
