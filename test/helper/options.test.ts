// The helper's command line.
import { describe, expect, it } from "vitest";
import { parseOptions } from "../../helper/options.ts";

describe("the helper's options", () => {
  it("have defaults", () => {
    expect(parseOptions([], {})).toEqual({
      state: "/var/lib/picket",
      socket: "/run/picket/helper.sock",
      owner: 0,
      people: "owner",
      lock: "/etc/picket/locked",
      unattended: "hold",
      unattendedAfter: 30,
      guards: [],
      mode: "ask",
      service: false,
      windowGroup: null,
    });
  });

  it("are what the words say", () => {
    const words =
      "--state /tmp/s --socket /tmp/h.sock --owner 1000 --guard user.slice --guard /sys/fs/cgroup/a --mode learn".split(
        " ",
      );
    expect(parseOptions(words, { SUDO_UID: "5" })).toEqual({
      state: "/tmp/s",
      socket: "/tmp/h.sock",
      owner: 1000,
      people: "owner",
      lock: "/etc/picket/locked",
      unattended: "hold",
      unattendedAfter: 30,
      guards: ["user.slice", "/sys/fs/cgroup/a"],
      mode: "learn",
      service: false,
      windowGroup: null,
    });
  });

  it("of a service begin by learning, and take guards and whom to serve from its environment", () => {
    const env = { PICKET_GUARD: "user.slice  system.slice", PICKET_OWNER: "1000" };
    const found = parseOptions(["--service", "--window-group", "operator"], env);
    expect(found).toMatchObject({ mode: "learn", service: true, unattended: "block", owner: 1000 });
    expect(found.windowGroup).toEqual({ id: 37, problem: null });
    expect(found.guards).toEqual(["user.slice", "system.slice"]);
    // It enforces all the same: nobody passes for the window, and the status says why.
    expect(parseOptions(["--window-group", "no-such-group"], {}).windowGroup).toMatchObject({ id: null });
  });

  it("serve who called sudo", () => {
    expect(parseOptions([], { SUDO_UID: "1000" }).owner).toBe(1000);
  });

  it.each([
    [["--owner", "alice"]],
    [["--owner", ""]],
    [["--owner", "-1"]],
    [["--owner=-1"]],
    [["--owner", "1.5"]],
    [["--owner", "0x0"]],
    [["--owner", " 0"]],
    [["--owner", "4294967295"]],
    [["--owner", "9999999999"]],
    [["--state", "relative"]],
    [["--socket", "helper.sock"]],
    [["--state", ""]],
    [["--state"]],
    [["--unknown"]],
    [["word"]],
    [["--guard"]],
    [["--mode", "maybe"]],
  ])("are refused: %j", (words) => {
    expect(() => parseOptions(words, {})).toThrow(TypeError);
  });

  it("are refused when sudo's word is no uid", () => {
    expect(() => parseOptions([], { SUDO_UID: "root" })).toThrow(TypeError);
  });
});
