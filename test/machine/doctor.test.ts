// `picket doctor` and `picket support-bundle` on a machine with a real systemd: with a helper, with one that stands still, without one.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Finding } from "../../main/cli/doctor/finding.ts";
import { caller, client, far, GuardedMachine, picket, socket } from "./guarded.ts";

vi.setConfig({ testTimeout: 240_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start();
}, 660_000);
afterAll(() => machine?.stop());

type Diagnosis = { fine: boolean; findings: Finding[]; code: number };

async function doctor(user: "root" | "alice"): Promise<Diagnosis> {
  const env = { PICKET_SOCKET: socket };
  const { code, stdout } = await machine.machine.run([picket, "doctor", "--json"], { user, env, timeout: 90_000 });
  return { ...(JSON.parse(stdout) as Omit<Diagnosis, "code">), code };
}

const about = ({ findings }: Diagnosis, check: string) => findings.find((each) => each.check === check);

test("a helper at work is seen as one, by its user and by root", async () => {
  await machine.root(["sh", "-c", "mkdir -p /etc/picket && echo FLOWS=all >/etc/picket/journal.conf"]);
  await machine.helper("picket-helper", "picket", "--guard", "user.slice");
  for (const user of ["alice", "root"] as const) {
    const found = await doctor(user);
    expect(about(found, "helper")).toMatchObject({ state: "good", found: expect.stringMatching(/^running, version/) });
    expect(about(found, "kernel abilities")?.state).toBe("good");
    expect(about(found, "guard")).toMatchObject({ state: "good", found: expect.stringMatching(/user\.slice/) });
    expect(about(found, "level")?.found).toMatch(/^open/);
    expect(about(found, "database")?.state).toBe("good");
    expect(about(found, "copies of the rules")?.state).toBe(user === "root" ? "good" : undefined);
  }
});

test("a bundle made by root has the helper's journal and nobody's names", async () => {
  const running = machine.machine.run([caller, "-c", client], { user: "alice", timeout: 90_000 });
  const { id } = await machine.until("a question", async () =>
    (await machine.read<{ id: string; endpoint: { address: string } }[]>("prompts")).find(
      (each) => each.endpoint.address === far.address,
    ),
  );
  await machine.asAlice("answer", id, "allow", "--lifetime", "forever");
  await running;
  await machine.root(["journalctl", "--sync"]);
  const env = { PICKET_SOCKET: socket };
  const { stdout } = await machine.machine.run([picket, "support-bundle", "-"], { env, timeout: 90_000 });
  expect(JSON.parse(stdout)).toMatchObject({
    helper: { status: { helper: "running" } },
    versions: { system: expect.stringMatching(/^debian/) },
  });
  for (const secret of [far.address, "192.0.2", caller, "alice"]) expect(stdout.includes(secret), secret).toBe(false);
  expect(Array.isArray((JSON.parse(stdout) as { journal: unknown }).journal)).toBe(true);
  const named = await machine.machine.run([picket, "support-bundle", "--with-names", "-"], { env, timeout: 90_000 });
  expect(named.stdout).toContain(far.address);
});

test("one that stands still is said to hang; without any, what its programs still do is seen by root alone", async () => {
  await machine.root(["systemctl", "kill", "--signal=STOP", "picket-helper"]);
  const hanging = await doctor("alice");
  expect(hanging.code).toBe(1);
  expect(about(hanging, "helper")).toMatchObject({
    state: "wrong",
    found: expect.stringMatching(/it hangs/),
    fix: expect.stringMatching(/restart/),
  });
  await machine.root(["systemctl", "kill", "--signal=KILL", "picket-helper"]);
  await machine.until("its end", async () =>
    (await machine.machine.run(["systemctl", "is-active", "picket-helper"])).stdout.trim() === "active"
      ? undefined
      : true,
  );
  const [alice, root] = [await doctor("alice"), await doctor("root")];
  expect([alice.code, root.code]).toEqual([1, 1]);
  expect(about(root, "programs in the kernel")).toMatchObject({
    state: "note",
    found: expect.stringMatching(/still loaded/),
  });
  expect(about(alice, "programs in the kernel")?.state).not.toBe("wrong");
  expect(about(alice, "database")).toMatchObject({ state: "unknown", fix: expect.stringMatching(/root/) });
  expect(about(root, "database")?.state).toBe("good");
  expect(about(alice, "service")?.state).toBe("wrong");
});
