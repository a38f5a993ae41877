// What a person is asked, how attempts join, what an answer settles, and that no question is lost.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shownOf } from "../../contract/questions.ts";
import type { Prompt } from "../../contract/words.ts";
import { client, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, type Ran, slowness, TestHelper, until } from "./helper-process.ts";

const ECONNREFUSED = 111;

const helper = new TestHelper();
const programs = mkdtempSync(join(tmpdir(), "picket-programs-"));
let network: Network;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(programs, { recursive: true, force: true });
});

const json = <T>(ran: Ran): T => JSON.parse(ran.stdout) as T;

/** An app of its own: the same interpreter under another path is another app, which no other test's rules speak of. */
function ownApp(name: string): (command: string[]) => string[] {
  const path = join(programs, name);
  copyFileSync("/usr/bin/python3", path);
  return ([, ...args]) => [path, ...args];
}

async function promptsOf(name: string): Promise<Prompt[]> {
  const api = await helper.client();
  return (await api.call("prompts.list", {})).filter(({ app }) => app.path === join(programs, name));
}

async function answer(id: string, action: "allow" | "block", scope: "endpoint" | "any", lifetime: "once" | "forever") {
  return (await helper.client()).call("prompts.answer", { id, action, scope, lifetime });
}

describe("a card", () => {
  test("names an app without a desktop entry by its path, unverified", async () => {
    const app = ownApp("plain");
    const address = network.address(4);
    const running = guarded(helper, network.near, app(client("tcp", address, 80)));
    const prompt = await helper.prompt(address);
    const path = join(programs, "plain");
    expect(prompt.app).toMatchObject({ name: path, path, verified: false, icon: null, via: null });
    expect(prompt).toMatchObject({ attempts: 1, state: "held", process: { uid: 0, command: "plain" } });
    await answer(prompt.id, "block", "endpoint", "once");
    await running;
  });

  test("takes in parallel connections and retries of the same endpoint", async () => {
    const app = ownApp("parallel");
    const address = network.address(4);
    const target = `${address}/80/tcp`;
    const first = guarded(helper, network.near, app(client("many", 30, target, target, target)));
    await until("three attempts on one card", async () => (await promptsOf("parallel"))[0]?.attempts === 3);
    const again = guarded(helper, network.near, app(client("tcp", address, 80)));
    await until("a fourth attempt", async () => (await promptsOf("parallel"))[0]?.attempts === 4);
    const [prompt, ...others] = await promptsOf("parallel");
    expect(others).toEqual([]);
    expect(prompt?.endpoints).toHaveLength(1);
    await answer(prompt?.id ?? "", "allow", "endpoint", "once");
    expect(json<number[]>(await first)).toEqual([0, 0, 0]);
    expect(json<TcpResult>(await again).ok).toBe(true);
  });

  test("takes in the v4/v6 and TCP/UDP twins of one attempt, and one answer makes a rule for each", async () => {
    const app = ownApp("twins");
    const [v4, v6] = [network.address(4), network.address(6)];
    const targets = [`${v6}/443/tcp`, `${v4}/443/tcp`, `${v6}/443/udp`, `${v4}/443/udp`];
    const running = guarded(helper, network.near, app(client("many", 30, ...targets)));
    await until("four endpoints on one card", async () => (await promptsOf("twins"))[0]?.endpoints.length === 4);
    const [prompt, ...others] = await promptsOf("twins");
    expect(others).toEqual([]);
    const { rules } = await answer(prompt?.id ?? "", "allow", "endpoint", "forever");
    expect(rules).toHaveLength(4);
    expect(json<number[]>(await running)).toEqual([0, 0, 0, 0]);
  });

  test("keeps two addresses of one family apart", async () => {
    const app = ownApp("apart");
    const [one, two] = [network.address(4), network.address(4)];
    const running = guarded(helper, network.near, app(client("many", 30, `${one}/80/tcp`, `${two}/80/tcp`)));
    await until("two cards", async () => (await promptsOf("apart")).length === 2);
    const [first, second] = await promptsOf("apart");
    await answer(first?.id ?? "", "allow", "endpoint", "once");
    await answer(second?.id ?? "", "block", "endpoint", "once");
    expect(json<number[]>(await running).sort()).toEqual([0, ECONNREFUSED]);
  });
});

describe("an answer to less than is asked by now", () => {
  test("is refused, and nothing is decided; what it means as well for the rest is not less", async () => {
    const app = ownApp("joined");
    const [v4, v6] = [network.address(4), network.address(6)];
    const running = guarded(helper, network.near, app(client("many", 30, `${v6}/443/tcp`, `${v4}/443/tcp`)));
    await until("two endpoints on one card", async () => (await promptsOf("joined"))[0]?.endpoints.length === 2);
    const [prompt] = await promptsOf("joined");
    const { id = "", endpoints = [] } = prompt ?? {};
    const api = await helper.client();
    const one = shownOf(endpoints.filter(({ address }) => address === v4));
    for (const lifetime of ["once", "forever"] as const) {
      const asked = { id, action: "allow", scope: "endpoint", lifetime, shown: one } as const;
      await expect(api.call("prompts.answer", asked)).rejects.toMatchObject({ code: "question_changed" });
    }
    expect(await promptsOf("joined")).toMatchObject([{ id, state: "held" }]);
    expect((await api.call("rules.list", {})).filter((rule) => rule.app === prompt?.app.path)).toEqual([]);
    await api.call("prompts.answer", { id, action: "block", scope: "any", lifetime: "once", shown: one });
    expect(json<number[]>(await running)).toEqual([ECONNREFUSED, ECONNREFUSED]);
  });
});

describe("several apps", () => {
  test("wait at the same time, and each gets its own answer", async () => {
    const names = ["first", "second", "third", "fourth"];
    const runs = names.map((name) => {
      const address = network.address(4);
      return { name, address, running: guarded(helper, network.near, ownApp(name)(client("tcp", address, 80))) };
    });
    const prompts = await Promise.all(runs.map(({ address }) => helper.prompt(address)));
    // Answered in reverse: nobody waits for anybody.
    for (const [index, prompt] of [...prompts.entries()].reverse()) {
      await answer(prompt.id, index % 2 === 0 ? "allow" : "block", "endpoint", "once");
      const result = json<TcpResult>((await runs[index]?.running) as Ran);
      expect(result.ok).toBe(index % 2 === 0);
    }
  });
});

describe("an answer", () => {
  test("settles every open and inbox item it covers, of this app only", async () => {
    const [mine, other] = [ownApp("mine"), ownApp("other")];
    const [dead, live, foreign] = [network.address(4), network.address(4), network.address(4)];
    await guarded(helper, network.near, mine(client("tcp", dead, 80, 0.5)));
    await helper.prompt(dead, "inbox");
    const running = guarded(helper, network.near, mine(client("tcp", live, 80)));
    const strange = guarded(helper, network.near, other(client("tcp", foreign, 80)));
    const { id } = await helper.prompt(live);
    const kept = await helper.prompt(foreign);
    const { settled } = await answer(id, "allow", "any", "forever");
    expect(settled).toHaveLength(2);
    expect(await promptsOf("mine")).toEqual([]);
    expect(json<TcpResult>(await running).ok).toBe(true);
    expect((await promptsOf("other")).map((prompt) => prompt.id)).toEqual([kept.id]);
    await answer(kept.id, "block", "endpoint", "once");
    await strange;
  });

  test("by a rule added elsewhere settles the card as well", async () => {
    const app = ownApp("elsewhere");
    const address = network.address(4);
    const running = guarded(helper, network.near, app(client("tcp", address, 80)));
    await helper.prompt(address);
    await (await helper.client()).call("rules.add", { app: null, action: "allow", address });
    expect(json<TcpResult>(await running).ok).toBe(true);
    expect(await promptsOf("elsewhere")).toEqual([]);
  });

  test("with the same matcher replaces the rule", async () => {
    const api = await helper.client();
    const address = network.address(4);
    const first = await api.call("rules.add", { app: null, action: "allow", address, port: 1 });
    const second = await api.call("rules.add", { app: null, action: "block", address, port: 1 });
    const rules = (await api.call("rules.list", {})).filter((rule) => rule.address === address);
    expect(rules.map(({ id }) => id)).toEqual([second.id]);
    expect(second.id).not.toBe(first.id);
  });
});

describe("a question nobody answered", () => {
  test("stays in the inbox when the attempt dies, and its later answer still makes the rule", async () => {
    const app = ownApp("late");
    const address = network.address(4);
    const gaveUp = json<TcpResult>(await guarded(helper, network.near, app(client("tcp", address, 80, 0.5))));
    expect(gaveUp.errno).toBe(-1);
    const { id } = await helper.prompt(address, "inbox");
    await expect(answer(id, "allow", "endpoint", "once")).rejects.toMatchObject({ code: "prompt_not_held" });
    expect((await promptsOf("late")).map((prompt) => prompt.id)).toEqual([id]);
    const { rules } = await answer(id, "allow", "endpoint", "forever");
    expect(rules).toHaveLength(1);
    expect(await promptsOf("late")).toEqual([]);
    expect(json<TcpResult>(await guarded(helper, network.near, app(client("tcp", address, 80, 5 * slowness)))).ok).toBe(
      true,
    );
  });

  test("survives the helper, and a new attempt wakes the same card", async () => {
    const app = ownApp("asleep");
    const address = network.address(6);
    await guarded(helper, network.near, app(client("udp", address, 7777, "unconnected", 1, 16, 0.5)));
    const { id } = await helper.prompt(address, "inbox");
    await helper.signal("SIGTERM");
    await helper.start();
    expect((await helper.prompt(address, "inbox")).id).toBe(id);
    const running = guarded(helper, network.near, app(client("udp", address, 7777, "unconnected", 1)));
    expect(await helper.prompt(address, "held")).toMatchObject({ id, attempts: 2 });
    await answer(id, "allow", "endpoint", "once");
    expect(json<{ replies: number[] }>(await running).replies).toEqual([0]);
  });

  test("is unknown once it was answered", async () => {
    await expect(answer("999999", "allow", "endpoint", "forever")).rejects.toMatchObject({ code: "unknown_prompt" });
  });
});

describe("who comes too late", () => {
  test("hears how the question was answered, and nothing changes", async () => {
    const app = ownApp("late");
    const address = network.address(4);
    const running = guarded(helper, network.near, app(client("tcp", address, 80)));
    const { id } = await helper.prompt(address);
    await answer(id, "block", "endpoint", "once");
    await running;
    await expect(answer(id, "allow", "any", "forever")).rejects.toMatchObject({
      code: "already_answered",
      message: expect.stringContaining("(block, endpoint, once)"),
    });
    await expect((await helper.client()).call("prompts.dismiss", { id })).rejects.toMatchObject({
      code: "already_answered",
    });
  });

  test("an item of the inbox can be dismissed without a rule, a question that waits cannot; the next attempt asks again", async () => {
    const app = ownApp("dismissed");
    const address = network.address(4);
    const api = await helper.client();
    const rules = await api.call("rules.list", {});
    const attempt = () => guarded(helper, network.near, app(client("tcp", address, 80, slowness)));
    const running = attempt();
    const { id } = await helper.prompt(address);
    await expect(api.call("prompts.dismiss", { id })).rejects.toMatchObject({ code: "prompt_held" });
    await running; // it gave up
    await helper.prompt(address, "inbox");
    await api.call("prompts.dismiss", { id });
    expect(await promptsOf("dismissed")).toEqual([]);
    expect(await api.call("rules.list", {})).toEqual(rules);
    await expect(answer(id, "allow", "endpoint", "forever")).rejects.toMatchObject({
      message: expect.stringContaining("(dismissed)"),
    });
    const again = attempt();
    expect((await helper.prompt(address)).id).not.toBe(id);
    await again;
  });
});
