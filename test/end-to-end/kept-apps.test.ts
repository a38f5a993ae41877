// A rule for an app holds while no helper runs, also where the last helper never saw the app; and only for what the app was.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinAppPath } from "../../contract/app-path.ts";
import { compiled } from "../network/compiled.ts";
import { Field, Talker } from "./field.ts";
import { slowness } from "./helper-process.ts";

const port = 80;
let field: Field;
let folder: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-kept-")));
  chmodSync(folder, 0o755);
  copyFileSync(compiled("knock"), join(folder, "first"));
  // What follows an ELF file's end does nothing.
  const other = Buffer.concat([readFileSync(compiled("knock")), Buffer.from("second")]);
  writeFileSync(join(folder, "second"), other, { mode: 0o755 });
  field = await Field.create();
});
afterAll(async () => {
  await field.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** A program of its own that a rule allows to connect anywhere, and that did so once. */
async function allowed(name: string): Promise<string> {
  const path = join(folder, name);
  copyFileSync(join(folder, "first"), path);
  await (await field.helper.client()).call("rules.add", { app: path, action: "allow" });
  expect(await knock(path)).toBe("arrived");
  return path;
}

/** Whether the program's connection comes about; "waits" when nothing has left after some time. `before`: its first arguments. */
async function knock(program: string, ...before: string[]): Promise<"arrived" | "waits"> {
  const address = field.network.address(4);
  const child = field.spawn([program, ...before, address, `${port}`]);
  const ended = once(child, "exit").then(([code]) =>
    code === 0 ? ("arrived" as const) : Promise.reject(new Error(`${code}`)),
  );
  const late = new Promise<"waits">((resolve) => setTimeout(resolve, 4000 * slowness, "waits"));
  const outcome = await Promise.race([ended, late]);
  if (outcome === "waits") expect(await field.network.arrived("tcp", address, port)).toBe(0);
  ended.catch(() => {});
  child.kill("SIGKILL");
  return outcome;
}

const inPlace = (path: string) => writeFileSync(path, readFileSync(join(folder, "second")), { flag: "r+" });
function replaced(path: string): void {
  copyFileSync(join(folder, "second"), `${path}.new`);
  renameSync(`${path}.new`, path);
}
function removedAndMade(path: string): void {
  rmSync(path);
  copyFileSync(join(folder, "second"), path);
}

test(
  "a silent program goes on when the helper is killed, started and killed; one that changed meanwhile waits",
  async () => {
    const same = await allowed("same");
    const early = [await allowed("early-1"), await allowed("early-2"), await allowed("early-3")] as const;
    const late = [await allowed("late-1"), await allowed("late-2"), await allowed("late-3")] as const;
    await field.helper.signal("SIGKILL");
    expect(await knock(same)).toBe("arrived");
    const change = [inPlace, replaced, removedAndMade] as const;
    for (const [at, path] of early.entries()) change[at]?.(path);
    await field.helper.start();
    await field.helper.signal("SIGKILL");
    for (const [at, path] of late.entries()) change[at]?.(path);
    expect(await knock(same)).toBe("arrived");
    const changed = [...early, ...late];
    expect(await Promise.all(changed.map((program) => knock(program)))).toEqual(changed.map(() => "waits"));
    // Three more, one of them dead before it has looked at anything.
    for (let kill = 0; kill < 3; kill++) {
      await field.helper.start();
      await field.helper.signal("SIGKILL");
    }
    expect(await knock(same)).toBe("arrived");
    await field.helper.start();
  },
  240_000 * slowness,
);

test(
  "a script that runs on, and is silent as long, goes on as well",
  async () => {
    const script = join(folder, "silent.py");
    const connect = "socket.create_connection((address.strip(), 80), 60).close()";
    writeFileSync(script, `import socket, sys\nfor address in sys.stdin: print(${connect}, flush=True)`);
    const app = joinAppPath({ executable: realpathSync("/usr/bin/python3"), script });
    await (await field.helper.client()).call("rules.add", { app, action: "allow" });
    const child = field.spawn(["/usr/bin/python3", script]);
    const says = new Talker(child);
    const connects = async () => {
      child.stdin?.write(`${field.network.address(4)}\n`);
      const late = new Promise((resolve) => setTimeout(resolve, 4000 * slowness, "waits"));
      return Promise.race([says.line(), late]);
    };
    expect(await connects()).toBe("None");
    for (let kill = 0; kill < 2; kill++) {
      await field.helper.signal("SIGKILL");
      await field.helper.start();
      // Named again when nobody has anything else to do.
      await new Promise((resolve) => setTimeout(resolve, 1000 * slowness));
    }
    await field.helper.signal("SIGKILL");
    expect(await connects()).toBe("None");
    await field.helper.start();
  },
  120_000 * slowness,
);

test(
  "another database under the same pins does not give the program what its number may do there",
  async () => {
    const program = await allowed("mine");
    await field.helper.signal("SIGKILL");
    // There the number is of another program that may do everything, and this one has none and no rule.
    const store = new Database(join(field.helper.state, "picket.sqlite"));
    const other = join(folder, "theirs");
    store.prepare("UPDATE apps SET path = ? WHERE path = ?").run(other, program);
    store.prepare("UPDATE rules SET app = ? WHERE app = ?").run(other, program);
    store.close();
    await field.helper.start();
    const address = field.network.address(4);
    const child = field.spawn([program, address, `${port}`]);
    const { app } = await field.helper.prompt(address);
    expect([app.path, await field.network.arrived("tcp", address, port)]).toEqual([program, 0]);
    child.kill("SIGKILL");
  },
  120_000 * slowness,
);

test(
  "a script that anybody starts with the program takes nothing from it, and gets nothing of what it may do",
  async () => {
    const program = join(folder, "runner");
    copyFileSync(realpathSync("/usr/bin/python3"), program);
    const code = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 60)";
    const script = join(folder, "script");
    writeFileSync(script, `#!${program}\n${code}\n`, { mode: 0o755 });
    await (await field.helper.client()).call("rules.add", { app: program, action: "allow" });
    expect(await knock(program, "-c", code)).toBe("arrived");
    // Outside of every guard, and without a connection.
    expect(spawnSync(script).status).toBe(1);
    const address = field.network.address(4);
    const running = field.spawn([script, address, `${port}`]);
    const { app } = await field.helper.prompt(address);
    expect(app.path).toBe(joinAppPath({ executable: program, script }));
    running.kill("SIGKILL");
    // Nor is it the program that starts others.
    const starter = join(folder, "starter");
    writeFileSync(starter, `#!${program}\nimport subprocess, sys; subprocess.run(sys.argv[1:])\n`, { mode: 0o755 });
    const started = field.network.address(4);
    const parent = field.spawn([starter, join(folder, "first"), started, `${port}`]);
    const { app: child } = await field.helper.prompt(started);
    expect(child.via).toBe(joinAppPath({ executable: program, script: starter }));
    parent.kill("SIGKILL");
    await field.helper.signal("SIGKILL");
    expect(await knock(program, "-c", code)).toBe("arrived");
    expect(await knock(script)).toBe("waits");
    await field.helper.start();
    expect(await knock(program, "-c", code)).toBe("arrived");
    await field.helper.signal("SIGKILL");
    expect([await knock(program, "-c", code), await knock(script)]).toEqual(["arrived", "waits"]);
    await field.helper.start();
  },
  120_000 * slowness,
);
