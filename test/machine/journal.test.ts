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
