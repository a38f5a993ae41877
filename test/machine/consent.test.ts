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

/** Polkit's own rule of this machine: consent without a password to a question that reads like this, where it is that person's. */
const consent = (action: "widen" | "manage" | "nothing", user = "", like = /^/) =>
  machine.root([
    "sh",
    "-c",
    `printf '%s\n' "$0" >/etc/polkit-1/rules.d/10-test.rules && systemctl reset-failed polkit; systemctl restart polkit`,
    `polkit.addRule(function (action, subject) {
  if (action.id.indexOf("org.picket.") != 0) return undefined;
  var meant = action.id == "org.picket.${action}" && subject.user == "${user}";
  return meant && ${like}.test(action.lookup("polkit.message")) ? polkit.Result.YES : polkit.Result.NO;
});`,
  ]);

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
  const allows = () => program("alice", "mode", "allow");
  for (const refused of ["nothing", "manage"] as const) {
    await consent(refused, "alice");
    expect(await allows()).toMatchObject({ code: 1, stderr: expect.stringContaining("may not") });
  }
  expect(await mode()).toMatchObject({ mode: "ask", level: "protected" });
  const said = /^The program “\/usr\/local\/bin\/caller” \(process \d+\) wants to let all new connections through\. /;
  await consent("widen", "alice", said);
  // Consent to one thing is none to the next.
  expect(await program("alice", "pause", "10m")).toMatchObject({ code: 1 });
  expect(await allows()).toMatchObject({ code: 0 });
  expect(await mode()).toMatchObject({ mode: "allow", override: null });
});

test("what is everybody's takes an administrator's consent where another wants it; a person's own is not enough", async () => {
  await program("alice", "mode", "block");
  await consent("widen", "bob");
  for (const words of [
    ["mode", "allow"],
    ["pause", "10m"],
    ["mode", "block"],
  ])
    expect(await program("bob", ...words), words.join(" ")).toMatchObject({ code: 1 });
  expect(await mode()).toMatchObject({ mode: "block", override: null });
  await consent("manage", "bob", /wants to let all new connections through, and remember them\./);
  expect(await program("bob", "mode", "allow")).toMatchObject({ code: 1 });
  expect(await program("bob", "mode", "learn")).toMatchObject({ code: 0 });
  expect(await mode()).toMatchObject({ mode: "learn" });
  const declared = await machine.root(["pkaction", "--verbose", "--action-id", "org.picket.manage"]);
  expect(declared.match(/implicit \w+:\s+auth_admin\n/g)).toHaveLength(3);
});
