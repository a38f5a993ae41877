// The helper as the unit that the package brings, over a boot of a real systemd: before everything that waits for basic.target, so before there
// is a bus; and with a systemd that keeps it waiting.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Status } from "../../contract/words.ts";
import { GuardedMachine, picket } from "./guarded.ts";
import { serveAtBoot, write } from "./installed.ts";
import { cache, checkout, node, outsideCheckout } from "./machine.ts";

vi.setConfig({ testTimeout: 300_000 });

const unit = readFileSync(join(outsideCheckout, "build/package/files/picket-helper.service"), "utf8");
const units = "/etc/systemd/system";
let machine: GuardedMachine;
let disk: string;
beforeAll(async () => {
  disk = mkdtempSync(join(cache, "disk-"));
  machine = await GuardedMachine.start({ disk });
  await serveAtBoot(machine);
  const words =
    "--service --state /var/lib/picket --socket /run/picket/helper.sock --guard user.slice --guard early.slice";
  const start = `ExecStart=${node} ${checkout}/helper/main.ts ${words}`;
  await write(machine, `${units}/picket-helper.service`, unit.replace(/^ExecStart=.*$/m, start));
  // The manual's way to have services of the system wait for the helper.
  await write(machine, `${units}/picket-helper.service.d/first.conf`, "[Unit]\nBefore=basic.target\n");
  await write(machine, `${units}/early.slice`, "[Slice]\n");
  await write(
    machine,
    `${units}/early.service`,
    `[Unit]
After=web.service
[Service]
Slice=early.slice
User=alice
ExecStart=sh -c "curl -s http://192.0.2.2/; echo ended $$?"
StandardOutput=append:/run/early.log
[Install]
WantedBy=multi-user.target
`,
  );
  await machine.root(["systemctl", "daemon-reload"]);
  await machine.root(["systemctl", "enable", "--quiet", "--now", "picket-helper"]);
  await machine.root([picket, "mode", "ask"]);
  await machine.root([picket, "rules", "add", "--app", "/usr/bin/curl", "--action", "block", "--address", "192.0.2.2"]);
  await machine.root(["systemctl", "enable", "--quiet", "early"]);
}, 660_000);
afterAll(async () => {
  await machine?.stop();
  rmSync(disk, { recursive: true, force: true });
});

const status = async () => JSON.parse(await machine.root([picket, "status", "--json"])) as Status;
const property = async (of: string, name: string) =>
  (await machine.root(["systemctl", "show", "--value", "--property", name, of])).trim();
/** Another of the unit's drop-ins, before whose words the helper is started anew. */
async function dropIn(name: string, words: string): Promise<void> {
  await write(machine, `${units}/picket-helper.service.d/${name}.conf`, `[Service]\n${words}\n`);
  await machine.root(["systemctl", "daemon-reload"]);
  await machine.root(["systemctl", "restart", "--no-block", "picket-helper"]);
}
const moment = async (of: string, name: string) => Number(await property(of, `${name}TimestampMonotonic`));

test("told to come first, it is ready before there is a bus, and what starts then meets the stored rules", async () => {
  await machine.machine.shutDown();
  await machine.stop();
  machine = await GuardedMachine.start({ disk, far: false });
  await machine.until("the early service", async () => machine.printed("early").includes("ended") || undefined);
  expect(machine.printed("early")).toBe("ended 7\n"); // curl: could not connect
  expect(machine.printed("web")).toBe("");
  expect(await property("picket-helper", "NRestarts")).toBe("0");
  const ready = await moment("picket-helper", "ActiveEnter");
  expect(ready).toBeGreaterThan(0);
  expect(await moment("basic.target", "ActiveEnter")).toBeGreaterThan(ready);
  expect(await moment("dbus.service", "ExecMainStart")).toBeGreaterThan(ready);
  expect(await status()).toMatchObject({
    guarded: expect.arrayContaining(["user.slice", "early.slice"]),
    degraded: [],
  });
});

test("systemd holds it: no more privileges than the unit names, none that could be gained, no call that is not on its list", async () => {
  const pid = await property("picket-helper", "MainPID");
  const read = async (name: string) => {
    const lines = (await machine.root(["cat", `/proc/${pid}/status`])).split("\n");
    return lines.find((line) => line.startsWith(`${name}:`))?.split("\t")[1];
  };
  const names = /^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1]?.toLowerCase().split(" ") ?? [];
  expect(names.length).toBeGreaterThan(10);
  const bound = names.reduce((sum, name) => sum | (1n << BigInt(capabilities[name] ?? 63)), 0n);
  expect(await read("CapBnd")).toBe(bound.toString(16).padStart(16, "0"));
  expect(await read("Seccomp")).toBe("2"); // a filter
  expect(await read("NoNewPrivs")).toBe("1");
});
/** linux/capability.h */
const capabilities: Record<string, number> = {
  cap_chown: 0,
  cap_dac_override: 1,
  cap_dac_read_search: 2,
  cap_fowner: 3,
  cap_kill: 5,
  cap_setgid: 6,
  cap_setuid: 7,
  cap_setpcap: 8,
  cap_net_admin: 12,
  cap_net_raw: 13,
  cap_sys_chroot: 18,
  cap_sys_ptrace: 19,
  cap_sys_admin: 21,
  cap_sys_nice: 23,
  cap_perfmon: 38,
  cap_bpf: 39,
};

test("who it is can be read by everybody: a window that waits for a busy one tells it from one that hangs", async () => {
  const note = await machine.machine.run(["cat", "/run/picket/picket.json"], { user: "alice" });
  expect(note).toMatchObject({ code: 0, stderr: "" });
  expect(String(JSON.parse(note.stdout).pid)).toBe(await property("picket-helper", "MainPID"));
});

/** In systemd's place: says nothing to whoever comes first, and is systemd to all others. */
const slow = `import os, socket, threading, time
s = socket.socket(socket.AF_UNIX); s.bind("/run/slow"); s.listen()
def pour(a, b):
    while data := a.recv(65536): b.sendall(data)
    b.shutdown(socket.SHUT_WR)
print("up", flush=True)
first, _ = s.accept(); print("silent", flush=True)
while True:
    a, _ = s.accept()
    b = socket.socket(socket.AF_UNIX); b.connect("/run/systemd/private")
    for pair in ((a, b), (b, a)): threading.Thread(target=pour, args=pair, daemon=True).start()`;

test("a systemd that does not answer in time leaves no guard out: the helper begins anew", async () => {
  await machine.service("slow", ["python3", "-c", slow], "up");
  await dropIn("slow", "BindPaths=/run/slow:/run/systemd/private");
  await machine.until("the silence", async () => machine.printed("slow").includes("silent") || undefined);
  await machine.until("the helper", async () =>
    (await property("picket-helper", "ActiveState")) === "active" ? true : undefined,
  );
  expect(await property("picket-helper", "NRestarts")).toBe("1");
  expect(await status()).toMatchObject({
    guarded: expect.arrayContaining(["user.slice", "early.slice"]),
    degraded: [],
  });
});

test("a helper that cannot start is tried again, and not without a pause", async () => {
  await dropIn("slow", "Environment=PICKET_UNATTENDED=nonsense");
  await machine.until(
    "its complaint",
    async () =>
      (await machine.root(["journalctl", "--unit=picket-helper", "--output=cat"])).includes("nonsense") || undefined,
  );
  await sleep(8_000);
  expect(Number(await property("picket-helper", "NRestarts"))).toBeLessThan(2);
  await dropIn("slow", "");
  await machine.until("the helper", async () =>
    (await property("picket-helper", "ActiveState")) === "active" ? true : undefined,
  );
});
