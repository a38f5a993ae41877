// Which package or unit an app is said to be, and who can make Picket say so: sandboxes, scopes and services on a real systemd.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { caller, client, far, GuardedMachine } from "./guarded.ts";

const app = "org.example.Talk";
const folder = (id: string) => `/var/lib/flatpak/app/${id}/x86_64/stable`;
const lasting = (id: string) => `${folder(id)}/active/files/bin/nc`;
const [first, second] = ["0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4)];

// Loading the programs alone may take half a minute on a machine that is busy.
vi.setConfig({ testTimeout: 180_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start();
  await shell(`set -e
    mkdir -p ${folder(app)}/${first}/files/bin ${folder("org.example.Twin")}/${first}/files/bin
    cp /usr/bin/busybox ${folder(app)}/${first}/files/bin/nc
    ln -s ${first} ${folder(app)}/active
    ln ${folder(app)}/${first}/files/bin/nc ${folder("org.example.Twin")}/${first}/files/bin/nc
    ln -s ${first} ${folder("org.example.Twin")}/active
    mkdir -p /var/lib/flatpak/runtime/org.example.Runtime/x86_64/1/${first}/files/bin
    cp /usr/bin/busybox /var/lib/flatpak/runtime/org.example.Runtime/x86_64/1/${first}/files/bin/nc
    mkdir -p /var/lib/flatpak/exports/share/applications /home/alice/files/bin
    printf '[Desktop Entry]\\nType=Application\\nName=Talk\\nIcon=talk\\nExec=/usr/bin/flatpak run ${app}\\n' \
      >/var/lib/flatpak/exports/share/applications/${app}.desktop
    cp /usr/bin/busybox /home/alice/files/bin/nc; chown -R alice: /home/alice/files`);
  await machine.helper("picket-helper", "packages", "--guard", "user.slice", "--guard", "system.slice");
}, 660_000); // the first run on a host builds the root file system
afterAll(() => machine?.stop());

async function shell(script: string): Promise<string> {
  return machine.root(["sh", "-c", script]);
}

/** `files` as /app in a mount namespace of alice's own, in a scope that she calls what she likes, as flatpak would do it. */
function sandboxed(files: string, scope: string) {
  const inside = `mount -t tmpfs none /mnt && mkdir /mnt/app && mount --bind ${files} /mnt/app && exec /mnt/app/bin/nc ${far.address} ${far.port} </dev/null`;
  return asAlice(scope, "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside);
}

function asAlice(scope: string, ...command: string[]) {
  const start = ["systemd-run", "--user", "--scope", "--quiet", "--collect", `--unit=${scope}`];
  return machine.machine.run([...start, ...command], { user: "alice", timeout: 60_000 });
}

async function answer(action: "allow" | "block", ...more: string[]): Promise<Prompt> {
  const prompt = await machine.heldPrompt();
  expect(await machine.asAlice("answer", prompt.id, action, ...more)).toMatchObject({ code: 0, stderr: "" });
  return prompt;
}

test("a Flatpak is known by its own file, under a name that outlives its updates", async () => {
  const running = sandboxed(`${folder(app)}/active/files`, `app-flatpak-${app}-1.scope`);
  expect((await answer("allow", "--lifetime", "forever")).app).toEqual({
    name: "Talk",
    path: lasting(app),
    verified: true,
    icon: "talk",
    via: null,
    packaging: { kind: "flatpak", id: app, proven: true },
  });
  expect((await running).stdout).toBe("welcome\n");
  await shell(`cp -a ${folder(app)}/${first} ${folder(app)}/${second} && ln -sfn ${second} ${folder(app)}/active`);
  // Its scope's name is not what makes it known.
  expect((await sandboxed(`${folder(app)}/active/files`, "anything.scope")).stdout).toBe("welcome\n");
});

test("another Flatpak that ships the very same file is another app", async () => {
  const running = sandboxed(`${folder("org.example.Twin")}/active/files`, `app-flatpak-${app}-2.scope`);
  expect((await answer("block")).app).toMatchObject({
    path: lasting("org.example.Twin"),
    verified: false,
    packaging: { kind: "flatpak", id: "org.example.Twin", proven: true },
  });
  expect((await running).stdout).toBe("");
});

test("a Snap is known by its own file, under a name that outlives its refreshes", async () => {
  const snap = (revision: number) => `/snap/talkie/${revision}`;
  /** Each revision is a file system of its own, that root mounts while the helper runs. */
  const refresh = (revision: number) =>
    shell(`set -e
      mkdir -p ${snap(revision)} && mount -t tmpfs -o mode=755 none ${snap(revision)} && mkdir ${snap(revision)}/bin
      cp /usr/bin/busybox ${snap(revision)}/bin/nc && mount -o remount,ro ${snap(revision)}
      ln -sfn ${revision} /snap/talkie/current`);
  /** As snap-confine does it: in a mount namespace of its own, by the revision's path. */
  const run = (revision: number) =>
    asAlice(
      "anything.scope",
      ...["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"],
      `exec ${snap(revision)}/bin/nc ${far.address} ${far.port} </dev/null`,
    );
  await refresh(41);
  const running = run(41);
  expect((await answer("allow", "--lifetime", "forever")).app).toMatchObject({
    path: "/snap/talkie/current/bin/nc",
    packaging: { kind: "snap", id: "talkie", proven: true },
  });
  expect((await running).stdout).toBe("welcome\n");
  await refresh(42);
  expect((await run(42)).stdout).toBe("welcome\n");
  await shell("umount /snap/talkie/41 /snap/talkie/42 && rm -r /snap/talkie");
}, 180_000);

test.each([
  ["a program of alice's own", "/home/alice/files"],
  ["a runtime's program", `/var/lib/flatpak/runtime/org.example.Runtime/x86_64/1/${first}/files`],
])("%s in a Flatpak's scope is shown with that label and not believed", async (_, files) => {
  const running = sandboxed(files, `app-flatpak-${app}-3.scope`);
  const card = await machine.heldPrompt();
  expect(card.app).toMatchObject({
    path: "[/mnt/app/bin/nc (inside a sandbox)]",
    verified: false,
    packaging: { kind: "flatpak", id: app, proven: false },
  });
  expect(await machine.asAlice("answer", card.id, "allow", "--lifetime", "forever")).toMatchObject({ code: 1 });
  await answer("block");
  expect((await running).stdout).toBe("");
});

test("what others can write is no package's, wherever it lies", async () => {
  await shell(`chmod 777 ${folder(app)}/${second}/files`);
  const running = sandboxed(`${folder(app)}/${second}/files`, `app-flatpak-${app}-4.scope`);
  expect((await answer("block")).app).toMatchObject({ path: "[/mnt/app/bin/nc (inside a sandbox)]" });
  expect((await running).stdout).toBe("");
  await shell(`chmod 755 ${folder(app)}/${second}/files`);
});

test("one program is one app wherever it runs; the card says in which unit it asked", async () => {
  const labels = [];
  const service = ["--quiet", "--wait", "--collect", "--unit=nightly.service", caller, "-c", client];
  const runs = [
    () => machine.machine.run(["systemd-run", ...service], { timeout: 60_000 }),
    () => machine.machine.run(["systemd-run", "--user", ...service], { user: "alice", timeout: 60_000 }),
    () => asAlice("app-gnome-org.example.Desk-5.scope", caller, "-c", client),
    () => asAlice("snap.talk.talk-0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0.scope", caller, "-c", client),
    () => machine.machine.run(["su", "-l", "alice", "-c", `${caller} -c '${client}'`], { timeout: 60_000 }),
  ];
  for (const run of runs) {
    const running = run();
    const { app } = await answer("block");
    expect(app.path).toBe(caller);
    labels.push(app.packaging ?? null);
    await running;
  }
  expect(labels).toEqual([
    { kind: "unit", id: "nightly.service", proven: true },
    { kind: "unit", id: "nightly.service", proven: false },
    { kind: "scope", id: "org.example.Desk", proven: false },
    { kind: "snap", id: "talk", proven: false },
    null,
  ]);
});
