// systemd's naming rules; test/machine/guards.test.ts compares them with a real systemd.
import { expect, it } from "vitest";
import { cgroupName, sliceCgroup, unescapeUnit, unitKind, unitOfCgroup } from "../../../helper/guard/unit-names.ts";

it.each([
  ["ssh.service", "service"],
  ["user@1000.service", "service"],
  ["user-1000.slice", "slice"],
  ["app-a\\x2db-1.scope", "scope"],
  ["-.slice", "slice"],
  ["run-user-1000.mount", "mount"],
  ["dbus.socket", "socket"],
  ["dev-sda2.swap", "swap"],
  ["picket", null],
  ["a.timer", null],
  ["a.service/b", null],
  ["a/b.service", null],
  [".service", null],
  ["fire fox.service", null],
  ["é.service", null],
  ["a.service\n", null],
  [`${"a".repeat(250)}.service`, null],
])("%j is a %s", (name, kind) => {
  expect(unitKind(name)).toBe(kind);
});

it.each([
  ["user.slice", "user.slice"],
  ["-.slice", ""],
  ["a-b-c.slice", "a.slice/a-b.slice/a-b-c.slice"],
  ["system-getty.slice", "system.slice/system-getty.slice"],
  ["app-x\\x2dy.slice", "app.slice/app-x\\x2dy.slice"],
  ["memory.slice", "_memory.slice"],
])("%s has the cgroup %j", (slice, cgroup) => {
  expect(sliceCgroup(slice)).toBe(cgroup);
});

it.each([
  ["ssh.service", "ssh.service"],
  ["cpu.service", "_cpu.service"],
  ["io.scope", "_io.scope"],
  ["cgroup.service", "_cgroup.service"],
  ["_x.service", "__x.service"],
  ["cpus.service", "cpus.service"],
])("%s runs in a folder %s", (unit, folder) => {
  expect(cgroupName(unit)).toBe(folder);
  expect(unitOfCgroup(folder)).toBe(unit);
});

it.each([
  ["org.example.A", "org.example.A"],
  ["a\\x2db", "a-b"],
  ["f\\xc3\\xbc\\xc3\\x9f", "füß"],
  ["\\xff", "\u{fffd}"],
  ["\\x2", "\\x2"],
])("%s stands for %s", (escaped, text) => {
  expect(unescapeUnit(escaped)).toBe(text);
});
