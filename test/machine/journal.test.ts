// What journald really has of Picket's flows and decisions, on a machine with a real systemd.
import * as v from "valibot";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type JournalEntry, journalEntrySchema } from "../../contract/journal.ts";
import { caller, client, far, GuardedMachine } from "./guarded.ts";

vi.setConfig({ testTimeout: 240_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start();
}, 660_000);
afterAll(() => machine?.stop());

/** What is in the journal, each entry checked against the schema; journald's own fields are left out. */
async function entries(...matches: string[]): Promise<JournalEntry[]> {
  await machine.root(["journalctl", "--sync"]);
  const out = await machine.root([
    "journalctl",
    "-o",
    "json",
    "--no-pager",
    "-q",
    "SYSLOG_IDENTIFIER=picket",
    ...matches,
  ]);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => v.parse(journalEntrySchema, JSON.parse(line)));
}

test("a question, its answer and its flow are in the journal; who asked is the kernel's word", async () => {
  await machine.root(["sh", "-c", "mkdir -p /etc/picket && echo FLOWS=all >/etc/picket/journal.conf"]);
  await machine.helper("journal-helper", "journal", "--guard", "user.slice");
  const running = machine.machine.run([caller, "-c", client], { user: "alice", timeout: 90_000 });
  const { id } = await machine.until("a question", async () =>
    (await machine.read<{ id: string; endpoint: { address: string } }[]>("prompts")).find(
      (each) => each.endpoint.address === far.address,
    ),
  );
  expect((await machine.asAlice("answer", id, "allow", "--lifetime", "forever")).code).toBe(0);
  expect((await running).stdout.trim()).toBe("welcome");
  const flows = await machine.until("both entries", async () => {
    const found = await entries("PICKET_EVENT=flow", `PICKET_ADDRESS=${far.address}`);
    return found.length >= 2 ? found : undefined;
  });
  expect(flows).toEqual([
    expect.objectContaining({
      PICKET_PHASE: "verdict",
      PICKET_VERDICT: "allow",
      PICKET_APP: caller,
      PICKET_UID: "1000",
      PICKET_PORT: "8080",
    }),
    expect.objectContaining({ PICKET_PHASE: "end", PICKET_VERDICT: "allow", PICKET_APP: caller }),
  ]);
  expect(Number((flows[1] as { PICKET_BYTES_IN?: string }).PICKET_BYTES_IN)).toBeGreaterThan(100);
  const [answer] = await entries("PICKET_METHOD=prompts.answer");
  expect(answer).toMatchObject({
    PICKET_BY_UID: "1000",
    PICKET_OUTCOME: "done",
    PICKET_APP: caller,
    PICKET_ACTION: "allow",
  });
  expect((answer as { PICKET_BY_EXE?: string }).PICKET_BY_EXE).toMatch(/node$/);
  expect((answer as { PICKET_RULES?: string }).PICKET_RULES).toMatch(/^\d+$/);

  await machine.asAlice("lockdown", "on");
  await machine.asAlice("lockdown", "off");
  await machine.asAlice("rules", "remove", "99999");
  const standing = (await entries("PICKET_EVENT=standing")).map(
    (each) => (each as { PICKET_OVERRIDE: string }).PICKET_OVERRIDE,
  );
  expect(standing).toEqual(["none", "lockdown", "none"]);
  expect(await entries("PICKET_METHOD=rules.remove")).toMatchObject([
    { PICKET_OUTCOME: "unknown_rule", PRIORITY: "4" },
  ]);
});

test("every flow is there, with its verdict and its end: connections, refused ones and datagrams, as fast as they come", async () => {
  const refused = "192.0.2.9";
  for (const [address, action] of [
    [far.address, "allow"],
    [refused, "block"],
  ] as const)
    expect(
      await machine.asAlice("rules", "add", "--app", caller, "--action", action, "--address", address),
    ).toMatchObject({ code: 0 });
  const [connections, refusals, datagrams] = [60, 40, 40];
  const busy = `import socket
for _ in range(${connections}):
    s = socket.create_connection(("${far.address}", ${far.port}), 30); s.recv(99); s.close()
for port in range(${refusals}):
    try: socket.create_connection(("${refused}", 1000 + port), 30)
    except ConnectionRefusedError: print("refused")
for port in range(${datagrams}):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("${far.address}", 2000 + port))`;
  const told = async () => {
    const count = new Map<string, number>();
    for (const each of await entries("PICKET_EVENT=flow")) {
      const { PICKET_PHASE, PICKET_VERDICT, PICKET_PROTOCOL, PICKET_ADDRESS } = each as Record<string, string>;
      const kind = [PICKET_PHASE, PICKET_VERDICT, PICKET_PROTOCOL, PICKET_ADDRESS].join(" ");
      count.set(kind, (count.get(kind) ?? 0) + 1);
    }
    return count;
  };
  const before = await told();
  const { stdout } = await machine.machine.run([caller, "-c", busy], { user: "alice", timeout: 120_000 });
  expect(stdout.split("refused").length - 1).toBe(refusals);
  const wanted = {
    [`verdict allow tcp ${far.address}`]: connections,
    [`end allow tcp ${far.address}`]: connections,
    [`verdict block tcp ${refused}`]: refusals,
    [`verdict allow udp ${far.address}`]: datagrams,
    [`end allow udp ${far.address}`]: datagrams,
  };
  let more = {};
  await machine
    .until("all entries", async () => {
      const now = await told();
      more = Object.fromEntries(
        Object.keys(wanted).map((kind) => [kind, (now.get(kind) ?? 0) - (before.get(kind) ?? 0)]),
      );
      return JSON.stringify(more) === JSON.stringify(wanted) || undefined;
    })
    .catch(() => {});
  expect(more).toEqual(wanted);
});

test("whatever apps call themselves and people ask for, journalctl shows it as text by the schema", async () => {
  const app = "/tmp/a\u001b[2J";
  const refused = "192.0.2.10";
  await machine.root(["cp", caller, app]);
  const add = (...words: string[]) => machine.asAlice("rules", "add", ...words);
  expect(await add("--app", "any", "--action", "block", "--address", refused)).toMatchObject({ code: 0 });
  const code = `import socket; socket.socket().connect_ex(("${refused}", 9))`;
  expect(await machine.machine.run([app, "-c", code], { user: "alice" })).toMatchObject({ code: 0 });
  const [flow] = await machine.until("the flow", async () => {
    const found = await entries("PICKET_EVENT=flow", `PICKET_ADDRESS=${refused}`);
    return found.length > 0 ? found : undefined;
  });
  expect(flow).toMatchObject({ PICKET_APP: "/tmp/a\\x1b[2J", PICKET_VERDICT: "block" });

  const long = `/opt/${"ü".repeat(4000)}`;
  expect(await add("--app", long, "--action", "block", "--address", refused)).toMatchObject({ code: 0 });
  const [made] = (await entries("PICKET_METHOD=rules.add")).slice(-1);
  expect(made).toMatchObject({ PICKET_OUTCOME: "done", PICKET_PARAMS: expect.stringMatching(/^\{.*ü…$/) });
  const { PICKET_RULES: id } = made as { PICKET_RULES?: string };
  expect(await entries("PICKET_EVENT=rule", `PICKET_RULE=${id}`)).toMatchObject([
    { PICKET_CHANGE: "set", PICKET_ACTION: "block", PICKET_APP: expect.stringMatching(/^\/opt\/ü{1940,}…$/) },
  ]);
});

test("what a file of rules allows, and takes away, is told rule by rule", async () => {
  const file = JSON.parse((await machine.asAlice("rules", "export")).stdout) as { rules: object[] };
  const [gone] = file.rules as { address?: string }[];
  const rules = [...file.rules.slice(1), { action: "allow", app: "/usr/bin/curl", host: "allowed.example" }];
  await machine.root(["sh", "-c", 'printf %s "$1" >/tmp/rules.json', "-", JSON.stringify({ ...file, rules })]);
  expect(await machine.asAlice("rules", "apply", "/tmp/rules.json")).toMatchObject({ code: 0 });
  const known = await machine.read<{ id: string; host: string | null }[]>("rules");
  const { id } = known.find(({ host }) => host === "allowed.example") ?? {};
  const [allowed, removed] = (await entries("PICKET_EVENT=rule")).slice(-2);
  expect(allowed).toMatchObject({
    MESSAGE: `Rule ${id}: allow /usr/bin/curl to allowed.example, forever`,
    PICKET_CHANGE: "set",
    PICKET_CHANGES: "2",
    PICKET_RULE: id,
    PICKET_ACTION: "allow",
    PICKET_ENABLED: "yes",
    PICKET_HOST: "allowed.example",
    PICKET_BY_UID: "1000",
    PICKET_BY_EXE: expect.stringMatching(/node$/),
  });
  expect(removed).toMatchObject({ PICKET_CHANGE: "removed", PICKET_ADDRESS: gone?.address });
  expect((await entries("PICKET_METHOD=rules.apply")).length).toBe(1);
  await machine.asAlice("rules", "undo");
  expect((await entries("PICKET_EVENT=rule")).slice(-2)).toMatchObject([
    { PICKET_CHANGE: "set", PICKET_ADDRESS: gone?.address },
    { PICKET_CHANGE: "removed", PICKET_RULE: id },
  ]);
});

test("a file that others may write is not gone by: no flows, decisions all the same, and the status says so", async () => {
  await machine.root(["systemctl", "stop", "journal-helper"]);
  await machine.root(["chmod", "666", "/etc/picket/journal.conf"]);
  await machine.root(["journalctl", "--rotate"]);
  await machine.root(["journalctl", "--vacuum-time=1ms", "-q"]);
  await machine.helper("journal-helper-two", "journal", "--guard", "user.slice");
  expect((await machine.machine.run([caller, "-c", client], { user: "alice", timeout: 90_000 })).stdout.trim()).toBe(
    "welcome",
  );
  await machine.asAlice("mode", "ask");
  expect((await entries("PICKET_EVENT=decision", "PICKET_METHOD=mode.set")).length).toBe(1);
  expect(await entries("PICKET_EVENT=flow")).toEqual([]);
  const status = JSON.parse((await machine.asAlice("status", "--json")).stdout) as { degraded: { code: string }[] };
  expect(status.degraded.map(({ code }) => code)).toContain("journalConf");
});
