// As whom the window opens when root started Picket.
import { describe, expect, test } from "vitest";
import { invokingUser } from "../../build/privilege.ts";
import { hasScreen, windowEnvironment } from "../../build/window-process.ts";

const passwd = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1001:Alice:/home/alice:/bin/bash\n";
const alice = { uid: 1000, gid: 1001, name: "alice", home: "/home/alice" };
const noLogin = "4294967295";

describe("the person behind root", () => {
  test("is who called sudo or pkexec", () => {
    expect(invokingUser({ SUDO_UID: "1000" }, noLogin, passwd)).toEqual(alice);
    expect(invokingUser({ PKEXEC_UID: "1000" }, noLogin, passwd)).toEqual(alice);
  });

  test("is who logged in before calling su", () => {
    expect(invokingUser({}, "1000\n", passwd)).toEqual(alice);
  });

  test("is nobody when root logged in, or nobody did", () => {
    expect(invokingUser({}, noLogin, passwd)).toBeNull();
    expect(invokingUser({}, "0", passwd)).toBeNull();
    expect(invokingUser({ SUDO_UID: "0" }, noLogin, passwd)).toBeNull();
    expect(invokingUser({ SUDO_UID: "1234" }, noLogin, passwd)).toBeNull();
  });
});

describe("the window's environment", () => {
  test("is the user's own, without what npm, sudo and Node's debuggers left in it", () => {
    const from = {
      DISPLAY: ":0",
      HOME: "/root",
      SUDO_UID: "1000",
      npm_config_x: "y",
      NODE_OPTIONS: "--inspect",
      ELECTRON_RUN_AS_NODE: "1",
      XDG_RUNTIME_DIR: "/run/user/0",
    };
    const env = windowEnvironment("/run/x.sock", { ...alice, uid: 54_321 }, from);
    const told = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
    expect(told).toEqual({
      DISPLAY: ":0",
      HOME: "/home/alice",
      USER: "alice",
      LOGNAME: "alice",
      PICKET_SOCKET: "/run/x.sock",
      PICKET_FOREGROUND: "1",
    });
  });

  test("has a screen under X and Wayland only", () => {
    expect(hasScreen({})).toBe(false);
    expect(hasScreen({ DISPLAY: "" })).toBe(false);
    expect(hasScreen({ DISPLAY: ":0" })).toBe(true);
    expect(hasScreen({ WAYLAND_DISPLAY: "wayland-0" })).toBe(true);
  });
});
