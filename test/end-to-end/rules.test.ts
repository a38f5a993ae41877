// Rules as people look at them and carry them about, with a real helper: every flow and card says what `explain` says, the list says what
// does nothing, and files of rules come and go by the command line.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../contract/methods.ts";
import type { FileRule } from "../../contract/rules-file.ts";
import type { Flow, Rule } from "../../contract/words.ts";
import { HelperClient } from "../../main/client/client.ts";
import { type Ended, picket as runPicket } from "../cli/picket-process.ts";
import { client, python, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, type Ran, slowness, TestHelper, until } from "./helper-process.ts";

const ECONNREFUSED = 111;
const ECONNABORTED = 103;
const ECONNRESET = 104;

const helper = new TestHelper();
let network: Network;
let folder: string;
let program: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-rules-")));
  program = join(folder, "program");
  copyFileSync(realpathSync(python), program);
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const picket = (...words: string[]): Promise<Ended> => runPicket(words, helper.socket);

async function json<T>(...words: string[]): Promise<T> {
  const ended = await picket(...words, "--json");
  // That another rule decides the same is said, and no error.
  expect(ended.stderr).toMatch(/^(picket: rule \d+ is redundant: .*\n)?$/);
  return JSON.parse(ended.stdout) as T;
}

function connect(address: string): Promise<Ran> {
  return guarded(helper, network.near, [program, ...client("tcp", address, 80, 10 * slowness).slice(1)]);
}

/** Of the last line that a client prints. */
const errnoOf = async (ran: Promise<Ran>) =>
  (JSON.parse((await ran).stdout.trim().split("\n").at(-1) ?? "") as Pick<TcpResult, "errno">).errno;

function explained(address: string): Promise<Result<"explain">> {
  return json("explain", "--app", program, "--address", address, "--port", "80", "--user", "0");
}

/** The newest flow to the address, once it has a verdict. */
function flowTo(address: string, but?: string): Promise<Flow> {
  return until(`a decided flow to ${address}`, async () => {
    const flows = await (await helper.client()).call("flows.list", {});
    return flows.find(({ endpoint, verdict, id }) => endpoint.address === address && verdict !== "held" && id !== but);
  });
}

const addRule = (...words: string[]) => json<Rule>("rules", "add", ...words);
const rulesNow = () => json<Rule[]>("rules");

const said = ({ verdict, rule, layer, reason }: Pick<Flow, "rule" | "layer" | "reason"> & { verdict: string }) => ({
  verdict,
  rule,
  layer,
  reason,
});

describe("every flow says what explain says", () => {
  test.for(["allow", "block"] as const)("%s, decided by the helper and then by the kernel", async (action) => {
    const address = network.address(4);
    const rule = await addRule("--app", program, "--action", action, "--address", address, "--port", "80");
    const expected = await explained(address);
    expect(expected).toMatchObject({ verdict: action, rule: rule.id, layer: "rule" });
    let last: string | undefined;
    for (const _ of ["the helper", "the kernel"]) {
      expect(await errnoOf(connect(address))).toBe(action === "allow" ? 0 : ECONNREFUSED);
      const flow = await flowTo(address, last);
      expect(said(flow)).toEqual(expected);
      last = flow.id;
    }
    const used = await until("both uses", async () =>
      (await rulesNow()).find(({ id, uses = 0 }) => id === rule.id && uses >= 2),
    );
    expect(used.uses).toBe(2);
    expect(Math.abs(Date.parse(used.lastUsed ?? "") - Date.now())).toBeLessThan(60_000);
  });

  test("a card too: where no rule is, and where one wants to be asked", async () => {
    const [nowhere, asked] = [network.address(4), network.address(4)];
    const rule = await addRule("--app", "any", "--action", "ask", "--address", asked);
    for (const address of [nowhere, asked]) {
      const running = connect(address);
      const { id, rule: by, layer, reason } = await helper.prompt(address);
      const expected = await explained(address);
      expect({ verdict: "ask", rule: by, layer, reason }).toEqual(expected);
      expect(by).toBe(address === asked ? rule.id : null);
      const flows = await (await helper.client()).call("flows.list", {});
      const held = flows.find(({ endpoint }) => endpoint.address === address);
      expect(held && { ...said(held), verdict: "ask" }).toEqual(expected);
      expect(await picket("answer", id, "block")).toMatchObject({ code: 0 });
      expect(await errnoOf(running)).toBe(ECONNREFUSED);
    }
  });
});

describe("the list of rules", () => {
  test("marks what does nothing, and check says why", async () => {
    const wide = await addRule("--app", "/opt/x", "--action", "allow", "--address", "203.0.113.0/24");
    const narrow = await addRule("--app", "/opt/x", "--action", "allow", "--address", "203.0.113.7");
    const { stdout } = await picket("rules");
    expect(stdout).toMatch(new RegExp(`^${narrow.id} .*redundant by ${wide.id}`, "m"));
    const check = await picket("rules", "check");
    expect(check.stdout).toContain(`redundant ${narrow.id} (allow, /opt/x, address 203.0.113.7): Nothing would change`);
    expect((await picket("rules", "disable", wide.id)).code).toBe(0);
    expect((await rulesNow()).some(({ hints }) => hints?.some(({ by }) => by === wide.id))).toBe(false);
    await picket("rules", "remove", wide.id);
    await picket("rules", "remove", narrow.id);
  });

  test("has back what was switched off or deleted, by that very change", async () => {
    const { id } = await addRule("--app", "/opt/x", "--action", "allow", "--address", "203.0.113.9");
    const client = await helper.client();
    const off = await client.call("rules.enable", { ids: [id], enabled: false });
    await addRule("--app", "/opt/y", "--action", "allow", "--address", "203.0.113.9");
    await client.call("rules.undo", { change: off.change });
    expect((await rulesNow()).find((rule) => rule.id === id)?.enabled).toBe(true);
    const gone = await client.call("rules.remove", { ids: [id] });
    expect((await rulesNow()).some((rule) => rule.id === id)).toBe(false);
    await client.call("rules.undo", { change: gone.change });
    expect((await rulesNow()).some((rule) => rule.id === id)).toBe(true);
  });

  test("has more rules back than changes are kept, by one change", async () => {
    const before = await rulesNow();
    const many: FileRule[] = Array.from({ length: 250 }, (_, at) => ({
      ...({ action: "block", app: "/opt/many", address: "203.0.113.10", port: at + 1 } as const),
    }));
    const file = join(folder, "many.json");
    writeFileSync(file, (await picket("rules", "export")).stdout);
    const exported = JSON.parse(readFileSync(file, "utf8")) as { rules: FileRule[] };
    writeFileSync(file, JSON.stringify({ ...exported, rules: [...exported.rules, ...many] }));
    expect(await picket("rules", "apply", file)).toMatchObject({ code: 0 });
    const whole = (rules: readonly Rule[]) => rules.map(({ id, enabled, port }) => ({ id, enabled, port }));
    const all = await rulesNow();
    const ids = all.filter(({ app }) => app === "/opt/many").map(({ id }) => id);
    expect(ids).toHaveLength(many.length);
    for (const verb of ["disable", "remove"] as const) {
      expect(await picket("rules", verb, ...ids)).toMatchObject({ code: 0 });
      expect(whole((await rulesNow()).filter(({ app, enabled }) => app === "/opt/many" && enabled))).toEqual([]);
      expect(await picket("rules", "undo")).toMatchObject({ code: 0 });
      expect(whole(await rulesNow())).toEqual(whole(all));
    }
    // All of them or none.
    expect(await picket("rules", "remove", ...ids, "none")).toMatchObject({ code: 1 });
    expect(whole(await rulesNow())).toEqual(whole(all));
    expect(await picket("rules", "remove", ...ids)).toMatchObject({ code: 0 });
    expect(whole(await rulesNow())).toEqual(whole(before));
  });

  test("an address is asked for in the local network only", async () => {
    const api = await helper.client();
    const verdict = async (address: string, port: number) => {
      const asked = { app: "/usr/bin/any", address, port, protocol: "udp" } as const;
      return (await api.call("explain", asked)).rule ?? "none";
    };
    for (const address of ["255.255.255.255", "192.168.1.1", "10.0.0.1"])
      expect(await verdict(address, 67)).toBe("factory:dhcp");
    for (const address of ["ff02::1:2", "fe80::1", "fd00::1"])
      expect(await verdict(address, 547)).toBe("factory:dhcp6");
    for (const [address, port] of [
      ["203.0.113.2", 67],
      ["2001:db8::2", 547],
    ] as const)
      expect(await verdict(address, port)).toBe("none");
  });

  test("says what stops working without a factory rule", async () => {
    const { stdout } = await picket("rules", "disable", "factory:dhcp");
    expect(stdout).toContain("disabled factory:dhcp. Without it, asking a network for an IPv4 address");
    expect((await picket("rules", "check")).stdout).toContain("disabled factory:dhcp");
    await picket("rules", "enable", "factory:dhcp");
  });
});

describe("rules as a file", () => {
  const write = (name: string, value: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
    return path;
  };
  const file = (rules: FileRule[], factory = {}) => ({ format: "picket rules", version: 1, factory, rules });

  test("come back as they were exported; a dry run says what would be, applying does it and ends what it blocks", async () => {
    const address = network.address(4);
    const allow = await addRule("--app", program, "--action", "allow", "--address", address);
    const gone = await addRule("--app", "any", "--action", "block", "--host", "gone.test");
    const exported = await picket("rules", "export");
    const whole = write("all.json", exported.stdout);
    expect((await picket("rules", "apply", whole)).stdout).toBe("nothing to change\n");
    const other = file([
      { action: "block", app: program, address },
      { action: "allow", domain: "example.org", note: "new" },
    ]);
    const path = write("other.json", other);
    const dry = await picket("rules", "apply", path, "--dry-run");
    expect(dry.stdout).toContain(
      `~ allow, ${program}, address ${address} (${allow.id}) → block, ${program}, address ${address}\n`,
    );
    expect(dry.stdout).toContain("+ allow, any app, domain example.org, “new”\n");
    expect(dry.stdout).toContain(`- block, any app, host gone.test (${gone.id})\n`);
    expect(dry.stdout).toMatch(/would be: 1 added, 1 changed, \d+ removed\n$/);
    expect((await picket("rules", "export")).stdout).toBe(exported.stdout);
    const living = guarded(helper, network.near, [
      program,
      ...client("stream", "tcp", address, 7777, 20 * slowness).slice(1),
    ]);
    await flowTo(address);
    expect((await picket("rules", "apply", path)).stdout).toContain("1 added, 1 changed");
    expect(await errnoOf(connect(address))).toBe(ECONNREFUSED);
    expect((await picket("rules", "undo")).code).toBe(0);
    expect((await picket("rules", "export")).stdout).toBe(exported.stdout);
    // Ended as it is, or refused as it sends.
    expect([ECONNABORTED, ECONNRESET]).toContain(await errnoOf(living));
  });

  test("that cannot be are refused whole, with the place", async () => {
    const before = (await picket("rules", "export")).stdout;
    const bad = [
      { action: "allow", host: "fine.test" },
      { action: "allow", host: "not a host" },
    ] as const;
    const ended = await picket("rules", "apply", write("bad.json", file([...bad])));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("rules.1");
    expect((await picket("rules", "apply", write("worse.json", "{"))).code).toBe(1);
    expect((await picket("rules", "export")).stdout).toBe(before);
  });

  test("that two connections of a user hand over at once are the last one's", async () => {
    const early = await helper.client();
    const late = await HelperClient.connect(helper.socket, "late");
    const rules: FileRule[] = [{ action: "block", host: "once.test" }];
    for (const each of [early, late]) await each.call("rules.stage", { first: true, rules });
    const refused = expect.objectContaining({ code: "bad_rules_file" });
    await expect(early.call("rules.stage", { first: false, rules })).rejects.toEqual(refused);
    await expect(early.call("rules.apply", { dryRun: true })).rejects.toEqual(refused);
    expect(await late.call("rules.apply", { dryRun: true })).toMatchObject({ added: [0], change: null });
    late.close();
  });

  test("ten thousand of them are applied in one change", async () => {
    const before = (await picket("rules", "export")).stdout;
    const rules = Array.from(
      { length: 10_000 },
      (_, at): FileRule => ({ action: "block", app: `/opt/app${at % 100}`, host: `h${at}.test` }),
    );
    const path = write("many.json", file(rules));
    const began = performance.now();
    const ended = await picket("rules", "apply", path);
    console.log(`10,000 rules applied in ${Math.round(performance.now() - began)} ms`);
    expect(ended.stdout).toContain("10000 added");
    const listed = performance.now();
    expect((await rulesNow()).length).toBeGreaterThanOrEqual(10_000);
    console.log(`listed with hints in ${Math.round(performance.now() - listed)} ms`);
    expect(await picket("rules", "undo")).toMatchObject({ code: 0 });
    expect((await picket("rules", "export")).stdout).toBe(before);
  });

  test("of OpenSnitch are imported, imported again, and undone", async () => {
    const rules = join(folder, "opensnitch");
    mkdirSync(rules);
    const rule = (name: string, operator: object, more = {}) =>
      writeFileSync(
        join(rules, `${name}.json`),
        JSON.stringify({
          name,
          enabled: true,
          precedence: false,
          action: "deny",
          duration: "always",
          operator,
          ...more,
        }),
      );
    const address = network.address(4);
    rule("one", { type: "simple", operand: "dest.ip", data: address });
    rule("two", { type: "regexp", operand: "dest.host", data: ".*\\.ads" });
    rule("three", { type: "simple", operand: "process.path", data: "/usr/bin/python3" });
    const dry = await picket("import", rules, "--dry-run");
    expect(dry.stdout).toContain(`+ block, any app, address ${address}`);
    expect(dry.stdout).toContain("two: Picket has no patterns");
    expect(dry.stdout).toContain("three: An interpreter is the app of the script it runs");
    expect(dry.stdout).toContain("OpenSnitch: 1 rule carried over, 2 not");
    const before = (await picket("rules", "export")).stdout;
    expect((await picket("import", rules)).stdout).toContain("1 added");
    expect(await errnoOf(connect(address))).toBe(ECONNREFUSED);
    expect((await flowTo(address)).reason).toContain("An imported rule blocks");
    rule("one", { type: "simple", operand: "dest.ip", data: "203.0.113.5" });
    expect((await picket("import", rules)).stdout).toContain("1 added, 0 changed, 1 removed");
    await picket("rules", "undo");
    await picket("rules", "undo");
    expect((await picket("rules", "export")).stdout).toBe(before);
  });

  test("of Little Snitch are imported", async () => {
    const group = { name: "Work", rules: [{ action: "deny", process: "any", "remote-domains": "ads.test" }] };
    const report = await json<Record<string, unknown>>("import", write("work.lsrules", group));
    expect(report).toMatchObject({
      source: "Little Snitch: Work",
      carriedOver: 1,
      leftOut: [],
      added: [0],
      removed: [],
    });
    const [made] = (await rulesNow()).filter(({ domain }) => domain === "ads.test");
    expect(made).toMatchObject({ action: "block", origin: "import", source: "Little Snitch: Work" });
    expect((await picket("import", write("notes.txt", "hello\n"))).code).toBe(1);
  });

  test("are not what a hosts file has: that is imported as a blocklist, and once more as its new text", async () => {
    const layerOf = async (host: string) =>
      (await json<Result<"explain">>("explain", "--app", program, "--host", host, "--port", "443")).layer;
    const own = "127.0.0.1 localhost\n192.0.2.9 nas.example\n0.0.0.0 co.uk\n";
    const path = write("my+hosts.txt", `\uFEFF# ads\r\n${own}0.0.0.0 spy.test tracker.test # two\n::1 Bücher.test.\n`);
    expect((await picket("import", path, "--dry-run")).stdout).toBe(
      "Hosts file: my+hosts.txt: would be blocklist my-hosts\n",
    );
    expect(await layerOf("spy.test")).toBe("mode");
    expect(await picket("import", path)).toMatchObject({
      code: 0,
      stdout: [
        "Not carried over:",
        "  line 2: 127.0.0.1 localhost: It is a name of this computer or its network.",
        "  line 3: 192.0.2.9 nas.example: It leads a name somewhere instead of nowhere: Picket answers no look-ups.",
        "  line 4: 0.0.0.0 co.uk: It stands for strangers: a name that others have names below.",
        'Hosts file: my+hosts.txt: 3 hosts carried over, as blocklist my-hosts; picket blocklists remove "my-hosts" takes it back',
        "",
      ].join("\n"),
    });
    expect(await layerOf("tracker.test")).toBe("blocklist");
    expect(await layerOf("xn--bcher-kva.test")).toBe("blocklist");
    expect(await layerOf("nas.example")).toBe("mode");
    writeFileSync(path, "0.0.0.0 spy.test\n0.0.0.0 tracker.test\n0.0.0.0 more.test\n");
    expect(await json("import", path)).toEqual({
      source: "Hosts file: my+hosts.txt",
      blocklist: "my-hosts",
      carriedOver: 3,
      leftOut: [],
    });
    expect(await layerOf("more.test")).toBe("blocklist");
    expect(await layerOf("xn--bcher-kva.test")).toBe("mode");
    expect((await picket("blocklists", "remove", "my-hosts")).code).toBe(0);
  });

  test.each([
    ["/nonexistent/file", "That file cannot be read.*ENOENT"],
    ["/sys/kernel", "cannot be read.*is a folder|no .json file"],
    ["/dev/zero", "is larger than 64 MiB"],
  ])("are not read from %s for ever", async (path, complaint) => {
    for (const words of [["rules", "apply"], ["import"]])
      expect(await picket(...words, path)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(complaint),
      });
  });

  test("are about a domain also where it is written as they are listed", async () => {
    const added = await picket("rules", "add", "--app", program, "--action", "block", "--domain", "*.Wild.Test.");
    expect(added.stdout).toMatch(/block .* \*\.wild\.test any any$/m);
    for (const [option, word, complaint] of [
      ["--host", "*.wild.test", "a domain stands for itself and every host in it"],
      ["--host", "192.0.2.1", "192.0.2.1 is an address"],
      ["--domain", "*.", "That is no host name"],
      ["--domain", "*.*.wild.test", "That is no host name"],
    ] as const)
      expect(await picket("rules", "add", "--app", program, "--action", "block", option, word)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(complaint),
      });
    await picket("rules", "undo");
  });
});
