// Consent through the real polkit: what is the person's own, and what is everybody's; and what polkit is told to ask.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { caller, GuardedMachine, picket, socket } from "./guarded.ts";
import { checkout } from "./machine.ts";

vi.setConfig({ testTimeout: 240_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start();
  await machine.root(["useradd", "--create-home", "--uid", "1001", "bob"]);
  await machine.root(["groupadd", "--system", "picket"]);
  const policy = `${checkout}/build/package/files/org.picket.policy`;
  await machine.root(["cp", policy, "/usr/share/polkit-1/actions/"]);
  // Nothing is let in for the far side: at this level alice's command line may not.
  await machine.service(
    "picket-helper",
    [
      ...[`${checkout}/node_modules/.bin/node`, `${checkout}/helper/main.ts`, "--state", "/var/lib/consent"],
      ...["--socket", socket, "--owner", "1000", "--people", "everyone", "--window-group", "picket"],
      ...["--guard", "user.slice"],
    ],
    "ready",
  );
}, 660_000);
afterAll(() => machine?.stop());

/** Polkit's own rule of this machine: who is asked for what, and the answer without a password. */
const consent = (widen: "YES" | "NO", manage: "YES" | "NO") =>
  machine.root([
    "sh",
    "-c",
    `printf '%s\n' "$0" >/etc/polkit-1/rules.d/10-test.rules && (systemctl restart polkit || true)`,
    `polkit.addRule(function (action, subject) {
  if (action.id.indexOf("org.picket.") != 0) return undefined;
  polkit.log("asked " + subject.user + " " + action.id + ": " + action.lookup("polkit.message"));
  return action.id == "org.picket.widen" ? polkit.Result.${widen} : polkit.Result.${manage};
});`,
  ]);
const questions = async () =>
  (await machine.root(["journalctl", "-u", "polkit", "-o", "cat"]))
    .split("\n")
    .filter((line) => line.includes("asked "));

/** A program of the person's that calls the command line. */
const program = (user: "alice" | "bob", ...words: string[]) => {
  const code = `import subprocess, sys; sys.exit(subprocess.run(${JSON.stringify([picket, ...words])}).returncode)`;
  const as = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", `--property=User=${user}`];
  return machine.machine.run(
    [...as, `--setenv=PICKET_SOCKET=${socket}`, "--setenv=PATH=/usr/bin:/bin", "--", caller, "-c", code],
    { timeout: 90_000 },
  );
};
const mode = async () => JSON.parse(await machine.root(["env", `PICKET_SOCKET=${socket}`, picket, "status", "--json"]));

test("a person's own consent widens, each time anew, and polkit is told which program wants what", async () => {
  const declared = await machine.root(["pkaction", "--verbose", "--action-id", "org.picket.widen"]);
  // Kept, it would be consent for whatever the same program wants in the next minutes.
  expect(declared).toMatch(/implicit active:\s+auth_self\n/);
  await consent("NO", "NO");
  expect(await program("alice", "mode", "allow")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("may not"),
  });
  expect(await mode()).toMatchObject({ mode: "ask", level: "protected" });
  await consent("YES", "NO");
  expect(await program("alice", "mode", "allow")).toMatchObject({ code: 0 });
  expect(await mode()).toMatchObject({ mode: "allow" });
  const asked = (await questions()).at(-1);
  expect(asked).toContain("asked alice org.picket.widen");
  expect(asked).toMatch(
    /The program “\/usr\/local\/bin\/caller” \(process \d+\) wants to let all new connections through\./,
  );
});

test("what is everybody's takes an administrator's consent where another wants it; a person's own is not enough", async () => {
  await program("alice", "mode", "block");
  await consent("YES", "NO");
  expect(await program("bob", "mode", "allow")).toMatchObject({ code: 1 });
  expect(await program("bob", "pause", "10m")).toMatchObject({ code: 1 });
  expect(await mode()).toMatchObject({ mode: "block", override: null });
  expect((await questions()).at(-1)).toMatch(
    /asked bob org\.picket\.manage: .*wants to let everything through for 10m\./,
  );
  await consent("NO", "YES");
  expect(await program("bob", "mode", "learn")).toMatchObject({ code: 0 });
  expect(await mode()).toMatchObject({ mode: "learn" });
  const declared = await machine.root(["pkaction", "--verbose", "--action-id", "org.picket.manage"]);
  expect(declared.match(/implicit \w+:\s+auth_admin\n/g)).toHaveLength(3);
});
