// A storm of mutated messages against a real helper at level "protected", while questions of two people wait: what both tests of it share.
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Rule } from "../../contract/words.ts";
import type { HelperClient } from "../../main/client/client.ts";
import { client } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { asUser, connectAs } from "./as-user.ts";
import { guarded, TestHelper, until } from "./helper-process.ts";

export const [alice, bob] = [1000, 1001];
/** The window's group in these tests: operator's, which nobody here has. */
export const windowGroup = 37;
const root = join(import.meta.dirname, "../..");

export class Storming {
  readonly helper = new TestHelper();
  readonly network: Network;
  readonly programs = mkdtempSync(join(tmpdir(), "picket-programs-"));

  private constructor(network: Network) {
    this.network = network;
  }

  static async create(): Promise<Storming> {
    const made = new Storming(await createNetwork());
    chmodSync(made.programs, 0o755);
    const level = ["--window-group", "operator", "--people", "everyone", "--owner", String(alice)];
    // The real one, which tells what it holds when it is asked to.
    await made.helper.start("test/end-to-end/measured-helper.ts", level);
    chmodSync(made.helper.directory, 0o755);
    return made;
  }

  async destroy(): Promise<void> {
    await this.helper.stop();
    this.network.destroy();
    rmSync(this.programs, { recursive: true, force: true });
  }

  /** What the helper holds after collection, bytes: a heap that only grows is not seen in what is resident. */
  async heap(): Promise<number> {
    const before = this.helper.log.length;
    process.kill(this.helper.pid, "SIGUSR2");
    const line = await until(
      "what the helper measured",
      () => /"measured":(\{.*?\})/.exec(this.helper.log.slice(before))?.[1],
    );
    const { heapUsed, arrayBuffers } = JSON.parse(line) as Record<"heapUsed" | "arrayBuffers", number>;
    return heapUsed + arrayBuffers;
  }

  /** Resident memory of the helper, bytes. */
  memory(): number {
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${this.helper.pid}/status`, "utf8"))?.[1]) * 1024;
  }

  /** A connection of the user's that is asked about; resolves with its question's id. */
  async question(uid: number, address: string): Promise<string> {
    const app = join(this.programs, `app-${uid}`);
    copyFileSync("/usr/bin/python3", app);
    const [, ...args] = client("tcp", address, 80);
    void guarded(this.helper, this.network.near, asUser(uid, [app, ...args]));
    return (await this.helper.prompt(address)).id;
  }

  /** The storm of a process of bob's. Resolves with what it printed. */
  storm(count: number, seed: number, real: unknown): Promise<Storm> {
    const words = [join(root, "test/end-to-end/storm.ts"), this.helper.socket, String(count), String(seed)];
    const command = [process.execPath, ...words, JSON.stringify(real)];
    const [program = "", ...args] = asUser(bob, command);
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      child.once("close", () => {
        try {
          resolve(JSON.parse(output) as Storm);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

/** Bytes that a rule may take: in memory, in the compiled policy and in what SQLite keeps of its file. */
const ruleSize = 16 * 1024;

export interface Storm {
  sent: number;
  answered: number;
  /** Under way on connections that the helper closed. */
  cut: number;
  codes: Record<string, number>;
}

/** Without what its use changes. */
export const unused = ({ uses: _uses, lastUsed: _last, hints: _hints, ...rest }: Rule) => rest;
const isOwn = (rule: Rule) => rule.user === bob && rule.action === "block";

/** Storms with `count` messages: the helper lives, its memory is flat, nothing is granted and nothing of anybody else's is lost. */
export async function weather(field: Storming, count: number, seed: number): Promise<Storm> {
  const { helper, network } = field;
  const api = await helper.client();
  const [hers, his] = [network.address(4), network.address(4)];
  const prompts = [await field.question(alice, hers), await field.question(bob, his)];
  for (const address of ["192.0.2.101", "192.0.2.102"])
    await api.call("rules.add", { app: null, action: "block", address, user: alice });
  await api.call("rules.add", { app: null, action: "block", address: "192.0.2.103" });
  await api.call("rules.add", { app: "/usr/bin/true", action: "allow", address: "192.0.2.104", user: bob });
  const windows = await connectAs(bob, helper, windowGroup);
  const before = await api.call("rules.list", {});
  const standing = await standingOf(api);
  const flows = (await api.call("flows.list", {})).map(({ id }) => id);
  const real = { prompts, rules: before.map(({ id }) => id), flows, users: [0, alice, bob] };
  // Everything is compiled, and every cache is as large as it gets.
  await field.storm(2000, seed + 1, real);
  const own = async () => (await api.call("rules.list", {})).filter(isOwn).length;
  const [rules, heap, memory] = [await own(), await field.heap(), field.memory()];
  const result = await field.storm(count, seed, real);
  const made = (await own()) - rules;
  const grown = { heap: (await field.heap()) - heap, memory: field.memory() - memory };
  const answers = Object.entries(result.codes).sort(([, a], [, b]) => b - a);
  console.log(
    `seed ${seed}: ${result.answered} of ${result.sent} answered, ${result.cut} cut; heap ${grown.heap >> 20} and memory ${grown.memory >> 20} MiB more, for ${made} more blocks of his own; ${JSON.stringify(answers)}`,
  );

  expect(result.answered + result.cut).toBeGreaterThanOrEqual(result.sent);
  expect(result.codes.internal ?? 0).toBe(0);
  // What he may have more of, and nothing else.
  expect(grown.heap).toBeLessThan(8 * 1024 * 1024 + made * ruleSize);
  expect(grown.memory).toBeLessThan(48 * 1024 * 1024 + made * ruleSize);
  const after = await api.call("rules.list", {});
  // What anybody may do is to block more of their own: that is all that came, and none went.
  expect(after.filter((rule) => !isOwn(rule)).map(unused)).toEqual(before.filter((rule) => !isOwn(rule)).map(unused));
  expect(await standingOf(api)).toEqual(standing);
  expect(await api.call("blocklists.list", {})).toEqual([]);
  const waiting = await api.call("prompts.list", {});
  // Not answered; in a long storm its app has given up by then.
  expect(["held", "inbox"]).toContain(waiting.find(({ id }) => id === prompts[0])?.state);
  for (const flow of await api.call("flows.list", {})) expect(flow.verdict, flow.reason).not.toBe("allow");
  expect(await network.arrivedAt(hers)).toBe(0);
  expect(await network.arrivedAt(his)).toBe(0);
  // The window of the same person, connected all the while, is answered.
  expect(await windows.call("status", {})).toMatchObject({ level: "protected" });
  windows.close();
  return result;
}

/** What nobody may change who is not let. */
export async function standingOf(api: HelperClient) {
  const { mode, override, profile, automatic, trial } = await api.call("status", {});
  const { profiles } = await api.call("profiles.list", {});
  const { recording, minutes, days, private: kept } = await api.call("history.settings", {});
  return { mode, override, profile, automatic, trial, profiles, recording, minutes, days, kept };
}
