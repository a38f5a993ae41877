// The command line against a stub helper: words, output and exit codes that scripts depend on.
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { rulesAtOnce } from "../../contract/rules-at-once.ts";
import type { Prompt } from "../../contract/words.ts";
import { lifetimeText } from "../../main/cli/lifetime-text.ts";
import { commandWords, usage } from "../../main/cli/usage.ts";
import { picket, startPicket } from "./picket-process.ts";
import { flow, hostilePath, prompt, rule, status } from "./samples.ts";
import { type Connection, StubError, type StubHelper, startStubHelper } from "./stub-helper.ts";

// Every test starts a Node process or two, beside other suites on two cores.
vi.setConfig({ testTimeout: 60_000 });

let helper: StubHelper;

const claim = { name: "ads.example", source: "sni", trusted: false } as const;
const flows = [
  flow,
  {
    ...flow,
    id: "f2",
    verdict: "block",
    live: false,
    app: { ...flow.app, name: "/usr/bin/python3", path: "/usr/bin/python3//home/a/sync.py", verified: false },
    endpoint: { host: null, address: "192.0.2.7", port: 443, protocol: "tcp", names: [claim] },
  },
  {
    ...flow,
    id: "f3",
    verdict: "allow",
    endpoint: { host: "dns.example.org", address: "192.0.2.8", port: 443, protocol: "tcp", bypass: "doh" },
  },
];
const allowed = { verdict: "allow", rule: "r1", layer: "rule", reason: "Your rule allows it." };

beforeAll(async () => {
  helper = await startStubHelper({
    status,
    "prompts.list": [prompt],
    "prompts.answer": ({ id }: { id: string }) => {
      if (id !== "p1") throw new StubError("unknown_prompt", `There is no such prompt. (${id})`);
      return { rules: ["r1"], settled: [id], change: 7 };
    },
    "prompts.dismiss": {},
    "rules.list": [rule],
    "rules.add": ({ port }: { port: number | null }) => {
      if (port === 8443) throw new StubError("too_many_rules", "There would be more rules than can be listed.");
      return { ...rule, replaced: null, change: 7 };
    },
    "rules.remove": ({ ids }: { ids: string[] }) => {
      if (!ids.includes("r9")) return { change: 7 };
      throw new StubError("unknown_rule", "There is no such rule.");
    },
    "rules.enable": { change: 7 },
    "rules.undo": { removed: [rule], restored: [{ ...rule, id: "r0", action: "allow" }], more: 3 },
    "flows.list": flows,
    "flows.end": ({ id, confirm = false }: { id: string; confirm?: boolean }) => {
      if (id === "own" && !confirm) throw new StubError("own_session", "You work over that connection.");
      if (id === "over") throw new StubError("flow_over", "It has ended already.");
      return {};
    },
    explain: {
      ...allowed,
      at: [{ address: "192.168.1.1", ...allowed, verdict: "ask", rule: null, reason: "It leads elsewhere." }],
    },
  });
});

afterAll(() => helper.stop());

/** A change asks afterwards whether it is on trial. */
const lastCall = () => helper.calls.filter(({ method }) => method !== "status" && method !== "rules.list").at(-1);
const callsOf = (wanted: string) => helper.calls.filter(({ method }) => method === wanted).map(({ params }) => params);
const appOfLastCall = () => (lastCall()?.params as { app: string | null } | undefined)?.app;

describe("reads", () => {
  it.each([
    ["status", status],
    ["prompts", [prompt]],
    ["rules", [rule]],
    ["flows", flows],
  ])("%s --json prints the contract's shape", async (word, expected) => {
    const { code, stdout } = await picket([word, "--json"], helper.socket);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it("tables align their columns", async () => {
    const { stdout } = await picket(["rules"], helper.socket);
    const [head = "", line = ""] = stdout.split("\n");
    expect(head.indexOf("ACTION")).toBe(line.indexOf("block"));
    expect(head.indexOf("WHERE")).toBe(line.indexOf("198.51.100.0/24"));
  });

  it.each(["prompts", "prompts --json"])("%s lets no control character of an app's path through", async (words) => {
    const { stdout } = await picket(words.split(" "), helper.socket);
    expect(stdout).toContain("/tmp/");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).not.toMatch(/^rules: all allowed/m);
  });

  it("--json still carries a hostile path exactly", async () => {
    const { stdout } = await picket(["prompts", "--json"], helper.socket);
    expect(JSON.parse(stdout)[0].app.path).toBe(hostilePath);
  });
});

describe("answer", () => {
  it("means endpoint and once when nothing else is said", async () => {
    expect((await picket(["answer", "p1", "allow"], helper.socket)).code).toBe(0);
    expect(lastCall()).toEqual({
      method: "prompts.answer",
      params: { id: "p1", action: "allow", scope: "endpoint", lifetime: "once" },
    });
  });

  it("passes scope and lifetime on", async () => {
    await picket(["answer", "p1", "block", "--scope", "any", "--lifetime", "90m"], helper.socket);
    expect(lastCall()?.params).toEqual({ id: "p1", action: "block", scope: "any", lifetime: "90m" });
  });

  it("says in one line that an id is unknown", async () => {
    const { code, stderr, stdout } = await picket(["answer", "nope", "allow"], helper.socket);
    expect({ code, stderr, stdout }).toEqual({
      code: 1,
      stderr: "picket: There is no such prompt. (nope)\n",
      stdout: "",
    });
  });
});

describe("rules", () => {
  it("add takes every matcher", async () => {
    const { code } = await picket(
      [
        "rules",
        "add",
        "--app",
        "any",
        "--action",
        "block",
        "--address",
        "198.51.100.0/24",
        "--port",
        "443",
        "--protocol",
        "tcp",
        "--lifetime",
        "7d",
        "--direction",
        "inbound",
      ],
      helper.socket,
    );
    expect(code).toBe(0);
    expect(lastCall()?.params).toMatchObject({
      action: "block",
      address: "198.51.100.0/24",
      port: 443,
      protocol: "tcp",
      lifetime: "7d",
      direction: "inbound",
    });
  });

  it("add means what the app begins when no direction is said", async () => {
    await picket(["rules", "add", "--app", "any", "--action", "allow"], helper.socket);
    expect(lastCall()?.params).toMatchObject({ direction: "outbound" });
  });

  it("lists the direction", async () => {
    const { stdout } = await picket(["rules"], helper.socket);
    expect(stdout).toMatch(/ DIRECTION +WHERE /);
    expect(stdout).toMatch(/ outbound +198\.51\.100\.0\/24 /);
  });

  it("add resolves /bin/sh to the executable itself, and any to none", async () => {
    await picket(["rules", "add", "--app", "/bin/sh", "--action", "ask"], helper.socket);
    expect(appOfLastCall()).toMatch(/^\/usr\/bin\/(dash|bash|busybox)$/);
    await picket(["rules", "add", "--app", "any", "--action", "allow"], helper.socket);
    expect(appOfLastCall()).toBeNull();
  });

  it("add names a script behind its interpreter", async () => {
    await picket(["rules", "add", "--app", "/bin/sh//home/a/x.sh", "--action", "allow"], helper.socket);
    expect(appOfLastCall()).toMatch(/^\/usr\/bin\/(dash|bash|busybox)\/\/home\/a\/x\.sh$/);
  });

  it("add keeps an absolute path that is not there yet", async () => {
    await picket(["rules", "add", "--app", "/opt/later/app", "--action", "allow"], helper.socket);
    expect(appOfLastCall()).toBe("/opt/later/app");
  });

  it("enable, disable and remove name the rule", async () => {
    expect((await picket(["rules", "disable", "factory:loopback"], helper.socket)).code).toBe(0);
    expect(lastCall()).toEqual({ method: "rules.enable", params: { ids: ["factory:loopback"], enabled: false } });
    expect((await picket(["rules", "enable", "r1"], helper.socket)).code).toBe(0);
    expect((await picket(["rules", "remove", "r1"], helper.socket)).code).toBe(0);
    expect((await picket(["rules", "remove", "r9"], helper.socket)).code).toBe(1);
  });
});

describe("rules, said shortly", () => {
  const add = (...words: string[]) =>
    picket(["rules", "add", "--app", "/opt/a", "--action", "allow", ...words], helper.socket);

  it("add makes a rule for each port", async () => {
    const before = callsOf("rules.add").length;
    const { stdout } = await add("--host", "example.org", "--port", "80,443,8000-8080");
    expect(callsOf("rules.add").slice(before)).toMatchObject([
      { port: 80, portTo: null },
      { port: 443, portTo: null },
      { port: 8000, portTo: 8080 },
    ]);
    expect(stdout.split("\n")).toHaveLength(4);
    expect((await add("--port", "80,")).code).toBe(2);
  });

  it("of several ports, those before the one that is refused are told", async () => {
    const { code, stdout, stderr } = await add("--port", "443,8443,80");
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^added r1: .*\n$/)]);
    expect(stderr).toContain("more rules than can be listed");
    const { code: refused, stdout: none } = await add("--port", "8443", "--json");
    expect([refused, none]).toEqual([1, ""]);
  });

  it("add takes a user by name", async () => {
    await add("--user", "root");
    expect(lastCall()?.params).toMatchObject({ user: 0 });
    await add("--user", "daemon");
    expect(lastCall()?.params).toMatchObject({ user: 1 });
    const { code, stderr } = await add("--user", "nobody-of-this-name");
    expect([code, stderr]).toEqual([2, 'picket: --user: there is no user "nobody-of-this-name"\n']);
  });

  it("add says what a person may not have meant", async () => {
    const told = [{ ...rule, hints: [{ kind: "shadowed", by: "r7", why: "Rule r7 comes first." }] }];
    const doubtful = await startStubHelper({
      status,
      "rules.list": told,
      "rules.add": { ...rule, replaced: null, change: 3 },
    });
    const broad = { ...rule, app: null, address: null, port: null, action: "allow", replaced: null, change: 3 };
    const open = await startStubHelper({ status, "rules.list": [rule], "rules.add": broad });
    const words = ["rules", "add", "--app", "any", "--action", "allow"];
    try {
      expect((await picket(words, doubtful.socket)).stderr).toBe("picket: rule r1 is shadowed: Rule r7 comes first.\n");
      expect((await picket(words, open.socket)).stderr).toContain("every app and every destination");
      expect((await picket(words, helper.socket)).stderr).toBe("");
    } finally {
      await doubtful.stop();
      await open.stop();
    }
  });

  it("several are changed at once, each once, all or none", async () => {
    const { stdout: disabled } = await picket(["rules", "disable", "r1", "r2", "r1"], helper.socket);
    expect(disabled).toBe("disabled r1\ndisabled r2\n");
    expect(lastCall()).toEqual({ method: "rules.enable", params: { ids: ["r1", "r2"], enabled: false } });
    const { code, stdout, stderr } = await picket(["rules", "remove", "r1", "r9"], helper.socket);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("no such rule");
  });

  it("more than one request takes are as many requests; those before the one that is unknown are told", async () => {
    const ids = Array.from({ length: rulesAtOnce + 1 }, (_, at) => String(at));
    const { code, stdout } = await picket(["rules", "remove", ...ids, "r9"], helper.socket);
    expect([code, stdout.trim().split("\n").length]).toEqual([1, rulesAtOnce]);
    expect(lastCall()).toEqual({ method: "rules.remove", params: { ids: ["4000", "r9"] } });
  });

  it("undo says what it took back", async () => {
    const { stdout } = await picket(["rules", "undo"], helper.socket);
    expect(stdout).toMatch(/^took the last change of rules back\n- r1: block, .*\n\+ r0: allow, .*\nand 3 more\n$/);
  });
});

describe("explain", () => {
  it("says at which of a host's addresses it is another", async () => {
    const words = ["explain", "--app", "/opt/a", "--host", "example.org", "--port", "443"];
    expect((await picket(words, helper.socket)).stdout).toBe(
      "allow: Your rule allows it. (rule r1)\nat 192.168.1.1: ask: It leads elsewhere.\n",
    );
  });
});

describe("flows", () => {
  const ids = async (...words: string[]) =>
    JSON.parse((await picket(["flows", "--json", ...words], helper.socket)).stdout).map(({ id }: { id: string }) => id);

  it.each([
    [
      ["--app", "curl"],
      ["f1", "f3"],
    ],
    [
      ["--app", "/usr/bin/curl"],
      ["f1", "f3"],
    ],
    [["--app", "sync.py"], ["f2"]],
    [["--app", "url"], []],
    [
      ["--host", "Example.org"],
      ["f1", "f3"],
    ],
    [["--host", "ads.example"], ["f2"]],
    [["--host", "192.0.2.8"], ["f3"]],
    [["--host", "ample.org"], []],
    [["--verdict", "block"], ["f2"]],
    [["--live", "--verdict", "allow"], ["f3"]],
  ])("%j are shown alone", async (words, expected) => {
    expect(await ids(...words)).toEqual(expected);
  });

  it("end by their ids, and by what they are of; the caller's own only with --confirm", async () => {
    const ends = () => helper.calls.splice(0).filter(({ method }) => method === "flows.end");
    ends();
    expect(await picket(["flows", "end", "f1", "f2"], helper.socket)).toMatchObject({ code: 0, stdout: "ended 2\n" });
    expect(ends().map(({ params }) => params)).toEqual([{ id: "f1" }, { id: "f2" }]);
    expect((await picket(["flows", "end", "--app", "curl"], helper.socket)).stdout).toBe("ended 1\n");
    expect(ends().map(({ params }) => params)).toEqual([{ id: "f3" }]);
    const own = await picket(["flows", "end", "own", "f1"], helper.socket);
    expect(own).toMatchObject({ code: 1, stdout: "ended 1\n" });
    expect(own.stderr).toContain("--confirm");
    expect((await picket(["flows", "end", "own", "--confirm"], helper.socket)).code).toBe(0);
    expect(ends().at(-1)?.params).toEqual({ id: "own", confirm: true });
    expect((await picket(["flows", "end", "over"], helper.socket)).code).toBe(1);
  });

  it.each([["end"], ["end", "f1", "--app", "curl"]])("%j is a usage error", async (...words) => {
    expect((await picket(["flows", ...words], helper.socket)).code).toBe(2);
  });

  it("take no verdict that there is not", async () => {
    expect((await picket(["flows", "--verdict", "maybe"], helper.socket)).code).toBe(2);
  });

  it("mark what only the app says, and look-ups past the resolvers", async () => {
    const { stdout } = await picket(["flows"], helper.socket);
    expect(stdout).toContain("192.0.2.7:443 tcp (says ads.example)");
    expect(stdout).toContain("dns.example.org:443 tcp (192.0.2.8) (look-ups over HTTPS)");
  });
});

describe("help", () => {
  it("of a verb is about it alone", async () => {
    const { stdout } = await picket(["rules", "add", "--help"], helper.socket);
    expect(stdout).toMatch(/^picket rules add --app/);
    expect(stdout).toContain("[--note TEXT]");
    expect(stdout).toContain("    The rules, or a change to them.");
    expect(stdout).not.toContain("picket rules export");
    expect((await picket(["rules", "enable", "--help"], helper.socket)).stdout).toMatch(
      /^picket rules remove\|enable\|disable ID…\n {4}The/,
    );
    expect((await picket(["rules", "--help"], helper.socket)).stdout).toContain("picket rules export");
    expect((await picket(["answer", "p1", "--help"], helper.socket)).stdout).toMatch(/^picket answer ID/);
  });
});

describe("wrong words", () => {
  it.each([
    ["frobnicate"],
    ["status extra"],
    ["status --wrong"],
    ["answer"],
    ["answer p1"],
    ["answer p1 maybe"],
    ["answer p1 allow --scope city"],
    ["answer p1 allow --lifetime soon"],
    ["rules add --app any --action allow --lifetime once"],
    ["rules frobnicate"],
    ["rules apply"],
    ["rules apply a.json b.json"],
    ["rules export x"],
    ["rules check 7"],
    ["import"],
    ["import a b"],
    ["rules remove"],
    ["rules add --action allow"],
    ["rules add --app any"],
    ["rules add --app any --action perhaps"],
    ["rules add --app /etc --action allow"],
    ["rules add --app any --action allow --port 0"],
    ["rules add --app any --action allow --port 70000"],
    ["rules add --app any --action allow --protocol icmp"],
    ["rules add --app any --action allow --direction sideways"],
    ["rules add --app no-such-program-anywhere --action allow"],
    ["run curl"],
    ["run --"],
    ["off --instance ../../etc"],
  ])("picket %s: one line on stderr and exit code 2", async (words) => {
    const { code, stderr, stdout } = await picket(words.split(" "), helper.socket);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^picket: [^\n]+\n$/);
    expect(code).toBe(2);
  });

  it.each([[[]], [["--help"]], [["rules", "--help"]], [["off", "--help"]]])("%j prints the usage", async (args) => {
    const { code, stdout } = await picket(args, helper.socket);
    expect(code).toBe(0);
    expect(stdout).toContain("picket ");
  });

  it("has no line that a manual page would have to break", () => {
    const long = commandWords.flatMap((word) => usage(word).split("\n")).filter((line) => line.length > 140);
    expect(long).toEqual([]);
  });
});

describe("flows --follow", () => {
  it("prints one JSON object per line for each new or changed flow, and waits for a helper that went away", async () => {
    let connection: Connection | undefined;
    const following = await startStubHelper({
      watch: (_params: never, from: Connection) => {
        connection = from;
        setTimeout(() => from.send({ event: "flows", data: { full: true, changed: [flow], removed: [] } }), 10);
        return {};
      },
    });
    const { child, stdout, stderr, ended } = startPicket(["flows", "--follow", "--json"], following.socket);
    await expect.poll(() => stdout().split("\n").length, { timeout: 20_000 }).toBe(2);
    connection?.send({ event: "flows", data: { full: true, changed: [flow], removed: [] } });
    connection?.send({ event: "flows", data: { full: false, changed: [{ ...flow, verdict: "allow" }], removed: [] } });
    await expect.poll(() => stdout().split("\n").length, { timeout: 20_000 }).toBe(3);
    const verdicts = stdout()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).verdict);
    expect(verdicts).toEqual(["held", "allow"]);
    connection?.raw.destroy();
    // The flows of the helper that answers now are new ones, whatever their numbers.
    await expect.poll(() => stdout().split("\n").length, { timeout: 20_000 }).toBe(4);
    expect(stderr()).toBe("picket: the helper is gone; waiting for it to come back\npicket: the helper is back\n");
    await following.stop();
    await expect.poll(stderr, { timeout: 20_000 }).toMatch(/is back\npicket: the helper is gone[^\n]*\n$/);
    child.kill("SIGTERM");
    expect((await ended).signal).toBe("SIGTERM");
  });
});

describe("prompts --follow", () => {
  const second: Prompt = { ...prompt, id: "p2", opened: "2026-11-23T09:31:00.000Z" };
  const changed = (...changed: Prompt[]) => ({ event: "prompts", data: { full: false, changed, removed: [] } });
  /** The helper has one open question; the next ones are sent by hand. */
  const started = async (words: string[]) => {
    const connections: Connection[] = [];
    const following = await startStubHelper({
      watch: (_params: never, from: Connection) => {
        connections.push(from);
        from.send({ event: "prompts", data: { full: true, changed: [prompt], removed: [] } });
        return {};
      },
    });
    const running = startPicket(["prompts", "--follow", ...words], following.socket);
    const lines = (count: number) =>
      expect.poll(() => running.stdout().split("\n").length - 1, { timeout: 20_000 }).toBe(count);
    return { following, running, lines, connection: () => connections.at(-1) as Connection };
  };

  it("prints each open question, and each new one as it comes, until it is interrupted", async () => {
    const { following, running, lines, connection } = await started([]);
    await lines(2);
    // Another attempt is the same question; one that waits no more, or has another place in it, is told anew.
    connection().send(changed({ ...prompt, attempts: 5 }));
    connection().send(changed({ ...second, endpoints: [...second.endpoints, ...second.endpoints] }));
    await lines(3);
    connection().send(changed({ ...prompt, state: "inbox" }));
    await lines(4);
    const [head = "", ...rest] = running.stdout().trimEnd().split("\n");
    expect(head).toMatch(/^ID +STATE +OPENED +ENDPOINT/);
    expect(rest.map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ["p1", "held"],
      ["p2", "held"],
      ["p1", "inbox"],
    ]);
    expect(rest[1]?.slice(head.indexOf("ENDPOINT"))).toMatch(/^to \[2001:db8:1::1\]:443 tcp \+1 +4 +77 /);
    expect(following.calls.find(({ method }) => method === "watch")?.params).toEqual({ topics: ["prompts"] });
    running.child.kill("SIGINT");
    expect((await running.ended).signal).toBe("SIGINT");
    await following.stop();
  });

  it("prints one JSON object per line, and waits for a helper that went away", async () => {
    const { following, running, lines, connection } = await started(["--json"]);
    await lines(1);
    connection().send(changed(second));
    await lines(2);
    connection().raw.destroy();
    // What is open at the helper that answers now is told by it.
    await lines(3);
    expect(running.stderr()).toMatch(/is gone[^\n]*\npicket: the helper is back\n$/);
    connection().send(changed({ ...second, attempts: 9 }));
    await lines(4);
    const told = running
      .stdout()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told).toEqual([prompt, second, prompt, { ...second, attempts: 9 }]);
    running.child.kill("SIGINT");
    await running.ended;
    await following.stop();
  });
});

describe("whom it talks to", () => {
  it("says that no helper answers", async () => {
    const { code, stderr } = await picket(["status"], "/run/picket-none/helper.sock");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "picket: No helper answers on the socket. (/run/picket-none/helper.sock)\n",
    });
  });

  it.each([
    ["a socket of another user", (at: StubHelper) => chownSync(at.socket, 65534, 65534)],
    ["a folder of another user", (at: StubHelper) => chownSync(at.folder, 65534, 65534)],
    ["a folder that others may write to", (at: StubHelper) => chmodSync(at.folder, 0o777)],
    ["a sticky folder that others may write to", (at: StubHelper) => chmodSync(at.folder, 0o1777)],
  ])("refuses %s before saying a word", async (_what, spoil) => {
    const impostor = await startStubHelper({ status });
    spoil(impostor);
    const { code, stderr } = await picket(["status"], impostor.socket);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^picket: The socket or its folder is not owned by root\.[^\n]*\n$/);
    expect(impostor.calls).toEqual([]);
    await impostor.stop();
  });

  it("refuses a file that is no socket", async () => {
    const path = join(helper.folder, "file");
    writeFileSync(path, "");
    expect((await picket(["status"], path)).stderr).toContain("is not a socket");
  });

  it("says when the helper speaks another version", async () => {
    const newer = await startStubHelper({ hello: { contract: 99, version: "9" } });
    const { code, stderr } = await picket(["status"], newer.socket);
    expect(code).toBe(1);
    expect(stderr).toContain("different versions of the contract");
    await newer.stop();
  });

  it("says when a reply does not fit the contract", async () => {
    const odd = await startStubHelper({ status: { ...status, mode: "maybe" } });
    expect(await picket(["status", "--json"], odd.socket)).toMatchObject({ code: 1, stdout: "" });
    await odd.stop();
  });
});

describe("--version", () => {
  it("says which Picket this is, without a helper", async () => {
    expect(await picket(["--version"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^picket \d+\.\d+\.\d+\S*\n$/),
    });
  });
});

describe("lifetimes", () => {
  it.each([["-1h"], ["-1"], ["0h"], ["soon"]])("%s is refused in words", async (given) => {
    expect(await picket(["answer", "p1", "allow", "--lifetime", given], helper.socket)).toMatchObject({
      code: 2,
      stderr: `picket: --lifetime is once, quit, restart, forever or a time like 30m, 1h or 7d, not "${given}"\n`,
    });
  });

  const now = Date.parse("2026-11-26T00:00:00.000Z");
  it.each([
    ["forever", null, "forever"],
    ["1h", 60, "1h"],
    ["1h", 59.5, "1h"],
    ["1h", 42, "1h, 42m left"],
    ["90m", 90, "90m, 1h 30m left"],
    ["7d", 7 * 1440, "7d"],
    ["7d", 7 * 1440 - 30, "7d, 6d 23h left"],
    ["1h", -3, "1h, 0m left"],
  ] as const)("%s with %s minutes to go is shown as %s", (lifetime, minutes, text) => {
    const expires = minutes === null ? null : new Date(now + minutes * 60_000).toISOString();
    expect(lifetimeText({ ...rule, lifetime, expires }, now)).toBe(text);
  });
});

describe("prompts dismiss", () => {
  it("passes the id on and says what follows", async () => {
    const { code, stdout } = await picket(["prompts", "dismiss", "p1"], helper.socket);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "dismissed p1: the next attempt asks again\n" });
    expect(lastCall()).toEqual({ method: "prompts.dismiss", params: { id: "p1" } });
    expect(await picket(["prompts", "dismiss"], helper.socket)).toMatchObject({ code: 2 });
  });
});
