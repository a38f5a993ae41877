// What goes into the system's journal: the form, the protocol that nobody can break out of, and whose word counts about it.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { journalSchemaText, schemaFile } from "../../../build/journal-schema.ts";
import { decisionEntrySchema, journalEntrySchema, messageIds } from "../../../contract/journal.ts";
import type { Flow } from "../../../contract/words.ts";
import { parseJournalConf, readJournalConf } from "../../../helper/journal/conf.ts";
import { datagramOf, decisionEntry } from "../../../helper/journal/entries.ts";
import { Journal } from "../../../helper/journal/journal.ts";
import { flow, hostilePath, prompt, rule } from "../../cli/samples.ts";

/** A datagram as journald reads it. */
function read(bytes: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const line = bytes.toString("utf8", at, end);
    const equals = line.indexOf("=");
    if (equals >= 0) {
      fields[line.slice(0, equals)] = line.slice(equals + 1);
      at = end + 1;
      continue;
    }
    const length = Number(bytes.readBigUInt64LE(end + 1));
    fields[line] = bytes.toString("utf8", end + 9, end + 9 + length);
    at = end + 9 + length + 1;
  }
  return fields;
}

function journalOf(flows: "none" | "blocked" | "all") {
  const told: Record<string, string>[] = [];
  const journal = new Journal("picket", { flows, problem: null }, (bytes) => {
    told.push(read(bytes));
    return true;
  });
  return { journal, told };
}

const decidedBy = { uid: 1000, pid: 7, exe: "/usr/lib/picket/window/picket" };

describe("who changed a rule, or the standing,", () => {
  const news = { changed: [rule], removed: [] };
  const standing = { mode: "ask", override: null, profile: null } as unknown as Parameters<Journal["meetStanding"]>[0];

  it("is told while the request goes on, also after it had to wait, and apart from another's", async () => {
    const { journal, told } = journalOf("none");
    const other = { uid: 1001, pid: 8, exe: null };
    const later = journal.during(decidedBy, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      journal.meetRules(news);
      journal.meetStanding(standing);
    });
    await journal.during(other, async () => journal.meetRules(news));
    await later;
    expect(
      told.map(({ PICKET_EVENT, PICKET_BY_UID, PICKET_BY_PID, PICKET_BY_EXE }) => [
        PICKET_EVENT,
        PICKET_BY_UID,
        PICKET_BY_PID,
        PICKET_BY_EXE,
      ]),
    ).toEqual([
      ["rule", "1001", "8", undefined],
      ["rule", "1000", "7", decidedBy.exe],
      ["standing", "1000", "7", decidedBy.exe],
    ]);
    for (const each of told) v.parse(journalEntrySchema, each);
  });

  it("is nobody where a time was over, though it was a request that set it, or one that failed", async () => {
    const { journal, told } = journalOf("none");
    const ends = Promise.withResolvers<void>();
    await journal.during(decidedBy, async () => {
      setTimeout(() => {
        journal.meetRules(news);
        ends.resolve();
      }, 5);
    });
    await expect(journal.during(decidedBy, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await ends.promise;
    journal.meetRules(news);
    expect(told.map((each) => "PICKET_BY_UID" in each)).toEqual([false, false]);
    for (const each of told) v.parse(journalEntrySchema, each);
  });
});

describe("flows", () => {
  it("are two entries each where all are wanted: the verdict, and the end with its bytes", () => {
    const { journal, told } = journalOf("all");
    journal.meetFlow(flow, flow.id);
    expect(told).toEqual([]);
    const allowed: Flow = { ...flow, verdict: "allow", rule: "7", layer: "rule" };
    journal.meetFlow(allowed, flow.id);
    journal.meetFlow({ ...allowed, bytesIn: 5 }, flow.id);
    const over: Flow = { ...allowed, bytesIn: 10, bytesOut: 20, live: false };
    journal.meetFlow(over, flow.id);
    journal.meetFlow({ ...over, bytesIn: 11 }, flow.id);
    journal.meetFlow(null, flow.id);
    expect(told.map(({ PICKET_PHASE }) => PICKET_PHASE)).toEqual(["verdict", "end"]);
    expect(told[0]).toMatchObject({
      PICKET_VERDICT: "allow",
      PICKET_RULE: "7",
      PICKET_HOST: "example.org",
      PICKET_PORT: "443",
      PRIORITY: "6",
    });
    expect(told[1]).toMatchObject({ PICKET_BYTES_IN: "10", PICKET_BYTES_OUT: "20", PICKET_FLOW: told[0]?.PICKET_FLOW });
    for (const each of told) v.parse(journalEntrySchema, each);
  });

  it("that are revoked are told again, and so are those nobody answered", () => {
    const { journal, told } = journalOf("all");
    journal.meetFlow({ ...flow, verdict: "allow" }, flow.id);
    journal.meetFlow({ ...flow, verdict: "block" }, flow.id);
    journal.meetFlow({ ...flow, verdict: "block", bytesIn: 10, bytesOut: 20, live: false }, flow.id);
    journal.meetFlow({ ...flow, id: "g", live: false }, "g");
    expect(told.map(({ PICKET_VERDICT, PICKET_PHASE }) => `${PICKET_VERDICT} ${PICKET_PHASE}`)).toEqual([
      "allow verdict",
      "block verdict",
      "block end",
      "held end",
    ]);
    expect(told[2]).toMatchObject({ PICKET_BYTES_IN: "10", PICKET_BYTES_OUT: "20" });
  });

  it("that are blocked alone are told where only those are wanted, and none where none are", () => {
    for (const [wanted, count] of [
      ["blocked", 1],
      ["none", 0],
    ] as const) {
      const { journal, told } = journalOf(wanted);
      journal.meetFlow({ ...flow, verdict: "allow" }, flow.id);
      journal.meetFlow({ ...flow, verdict: "allow", live: false }, flow.id);
      journal.meetFlow({ ...flow, id: "g", verdict: "block", live: false }, "g");
      expect(told).toHaveLength(count);
    }
  });

  it("of a hostile app can begin no field of their own, and are text that shows as it is", () => {
    const { journal, told } = journalOf("all");
    const path = `${hostilePath}\u{ffff}\u007f\nPICKET_VERDICT=allow\nPRIORITY=6`;
    journal.meetFlow({ ...flow, verdict: "block", app: { ...flow.app, path } }, flow.id);
    expect(told[0]).toMatchObject({
      PICKET_APP:
        "/tmp/\\x1b[31mevil\\u{202e}gnp\\x9b2J\\x0arules: all allowed\\u{ffff}\\x7f\\x0aPICKET_VERDICT=allow\\x0aPRIORITY=6",
      PICKET_VERDICT: "block",
      PRIORITY: "4",
    });
    expect(told[0]?.MESSAGE).toContain("/tmp/\\x1b[31mevil");
  });

  it("of two apps look like two, whatever they call themselves", () => {
    const { journal, told } = journalOf("all");
    for (const [id, path] of Object.entries({ a: "/tmp/\u001b", b: "/tmp/\\x1b" }))
      journal.meetFlow({ ...flow, id, verdict: "block", app: { ...flow.app, path } }, id);
    expect(told.map(({ PICKET_APP }) => PICKET_APP)).toEqual(["/tmp/\\x1b", "/tmp/\\\\x1b"]);
  });
});

it("sends a value with a line break with its length, so that nobody can end it", () => {
  const fields = { MESSAGE: "a\nPRIORITY=1", PICKET_APP: "/tmp/ü=\n\n" };
  expect(read(datagramOf(fields))).toEqual(fields);
});

describe("decisions", () => {
  it("say who wanted what, about which app, and what came of it", () => {
    const params = { id: prompt.id, action: "block", scope: "any", lifetime: "forever" };
    const answered = { method: "prompts.answer", params, by: decidedBy, prompt };
    const done = decisionEntry("picket", { ...answered, outcome: "done", result: { rules: ["7", "8"] } });
    expect(v.parse(journalEntrySchema, done)).toMatchObject({
      PICKET_METHOD: "prompts.answer",
      PICKET_APP: "/tmp/\\x1b[31mevil\\u{202e}gnp\\x9b2J\\x0arules: all allowed",
      PICKET_ADDRESS: prompt.endpoint.address,
      PICKET_ACTION: "block",
      PICKET_RULES: "7,8",
      PICKET_BY_EXE: decidedBy.exe,
      PRIORITY: "5",
    });
    const refused = decisionEntry("picket", { ...answered, outcome: "not_permitted", result: null });
    expect(v.parse(journalEntrySchema, refused)).toMatchObject({ PICKET_OUTCOME: "not_permitted", PRIORITY: "4" });
  });

  it.each([
    ["of one byte each", "x".repeat(60_000)],
    ["of several bytes", "ü€𝒳".repeat(20_000)],
    ["that are escaped", "\u001b\u009b\u202e".repeat(20_000)],
    ["before and after a path", `/tmp/${"ü".repeat(1990)}`],
  ])("are within what journalctl shows, whatever was asked for: characters %s", (_, long) => {
    const app = { ...prompt.app, path: `/${long}` };
    const entry = decisionEntry("picket", {
      method: "learn.accept",
      params: { note: long },
      by: { ...decidedBy, exe: `/${long}` },
      outcome: "done",
      prompt: { ...prompt, app },
      result: { rules: Array.from({ length: 3000 }, (_, at) => String(1_000_000 + at)) },
    });
    const { PICKET_RULES, PICKET_PARAMS } = v.parse(decisionEntrySchema, entry);
    for (const [name, value] of Object.entries(entry)) {
      expect(Buffer.byteLength(`${name}=${value}`), name).toBeLessThan(4096);
      expect(value, name).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\uFFFD]/u);
    }
    expect(PICKET_PARAMS.length).toBeGreaterThan(1000);
    expect(PICKET_RULES).toMatch(/^1000000,1000001,(\d{7},)*\d{7}$/);
  });

  it("have their parameters as JSON as it is, where it is short", () => {
    const params = { app: 'C:\\ \u001b\u009b "x"' };
    const decided = { method: "rules.add", by: decidedBy, outcome: "done", prompt: null, result: { id: "9" } };
    const entry = v.parse(decisionEntrySchema, decisionEntry("picket", { ...decided, params }));
    expect(entry.PICKET_RULES).toBe("9");
    // Rules that stay where a profile went are not made.
    const removed = { ...decided, method: "profiles.remove", params: { name: "work" }, result: { rules: ["8"] } };
    expect(decisionEntry("picket", removed)).not.toHaveProperty("PICKET_RULES");
    expect(JSON.parse(entry.PICKET_PARAMS)).toEqual(params);
    expect(entry.PICKET_PARAMS).not.toMatch(/\p{Cc}/u);
  });

  it("of a list that was handed over say which it is", () => {
    const decided = { method: "blocklists.commit", params: { upload: "1" }, by: decidedBy, prompt: null };
    const list = { id: 3, name: "ads", entries: 12, source: null };
    const done = v.parse(journalEntrySchema, decisionEntry("picket", { ...decided, outcome: "done", result: list }));
    expect(JSON.parse((done as { PICKET_RESULT?: string }).PICKET_RESULT ?? "")).toMatchObject({ name: "ads" });
  });

  it("of a restore say what it did", () => {
    const result = { rules: { added: 1, changed: 0, removed: 2 }, blocklists: { disabled: ["a list"] } };
    const decided = {
      method: "backup.restore",
      params: { dryRun: false },
      by: decidedBy,
      outcome: "done",
      prompt: null,
    };
    const entry = v.parse(decisionEntrySchema, decisionEntry("picket", { ...decided, result }));
    expect(JSON.parse(entry.PICKET_RESULT ?? "")).toEqual(result);
  });

  const decide = (journal: Journal, method: "lockdown" | "pause") =>
    journal.decided({ method, params: {}, by: decidedBy, outcome: "done", prompt: null, result: {} });

  it("wait for a journal that is busy, in their order", () => {
    vi.useFakeTimers();
    try {
      let room = 1;
      const told: string[] = [];
      const send = (bytes: Buffer) =>
        room-- > 0 && told.push(/PICKET_METHOD=(\w+)/.exec(bytes.toString())?.[1] ?? "") > 0;
      const journal = new Journal("picket", { flows: "none", problem: null }, send);
      for (const method of ["lockdown", "pause", "lockdown"] as const) decide(journal, method);
      expect(told).toEqual(["lockdown"]);
      room = 1;
      vi.advanceTimersByTime(100);
      expect(told).toEqual(["lockdown", "pause"]);
      room = 2;
      decide(journal, "pause"); // not before the one that waits
      vi.advanceTimersByTime(100);
      expect(told).toEqual(["lockdown", "pause", "lockdown", "pause"]);
      vi.advanceTimersByTime(60_000);
      expect(journal.lost).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("are counted when the journal does not take them for long, or too many wait", () => {
    vi.useFakeTimers();
    try {
      const journal = new Journal("picket", { flows: "none", problem: null }, () => false);
      decide(journal, "lockdown");
      expect(journal.lost).toBe(0);
      vi.advanceTimersByTime(6000);
      expect(journal.lost).toBe(1);
      for (let count = 0; count < 1003; count++) decide(journal, "pause");
      expect(journal.lost).toBe(4);
      vi.advanceTimersByTime(6000);
      expect(journal.lost).toBe(1004);
      decide(journal, "pause");
      journal.close();
      expect(journal.lost).toBe(1005);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that are about rules are told one by one, what lets more through first: allows that came, blocks that went", () => {
    const { journal, told } = journalOf("none");
    const allow = {
      ...rule,
      id: "8",
      action: "allow",
      app: "/tmp/\u001b",
      host: "example.org",
      address: null,
      portTo: 445,
    } as const;
    journal.meetRules({
      changed: [
        { ...rule, id: "7" },
        { ...allow, id: "9", enabled: false },
        { ...rule, id: "6", enabled: false },
        allow,
      ],
      removed: [
        { ...allow, id: "2" },
        { ...rule, id: "4", enabled: false },
        { ...rule, id: "3" },
      ],
    });
    expect(told.map(({ PICKET_CHANGE, PICKET_RULE }) => `${PICKET_CHANGE} ${PICKET_RULE}`)).toEqual([
      ...["set 6", "set 8", "removed 3"],
      ...["set 7", "set 9", "removed 2", "removed 4"],
    ]);
    expect(told[1]).toMatchObject({
      MESSAGE: "Rule 8: allow /tmp/\\x1b to example.org port 443-445 (tcp), forever",
      PICKET_EVENT: "rule",
      PICKET_CHANGES: "7",
      PICKET_ACTION: "allow",
      PICKET_ENABLED: "yes",
      PICKET_APP: "/tmp/\\x1b",
      PICKET_HOST: "example.org",
      PICKET_PORT: "443",
      PICKET_PORT_TO: "445",
      PICKET_LIFETIME: "forever",
      PICKET_ORIGIN: "person",
    });
    expect(told[4]).toMatchObject({ PICKET_ENABLED: "no", MESSAGE: expect.stringMatching(/^Rule 9, disabled: /) });
    expect(told[2]).toMatchObject({ MESSAGE: expect.stringMatching(/^Rule 3 removed: block /) });
    for (const each of told) v.parse(journalEntrySchema, each);
  });

  it("that are about thousands of rules tell how many, and of as many as the journal takes", () => {
    const { journal, told } = journalOf("none");
    const changed = Array.from({ length: 3000 }, (_, at) => ({ ...rule, id: String(at) }));
    journal.meetRules({ changed: [...changed, { ...rule, id: "5000", action: "allow" }], removed: [] });
    expect(told).toHaveLength(200);
    expect(told[0]).toMatchObject({ PICKET_RULE: "5000", PICKET_CHANGES: "3001" });
  });

  it("tell how things stand once for each change", () => {
    const { journal, told } = journalOf("none");
    for (const override of [null, null, "lockdown", "lockdown", null] as const)
      journal.meetStanding({ mode: "ask", override, profile: null });
    expect(told.map(({ PICKET_OVERRIDE }) => PICKET_OVERRIDE)).toEqual(["none", "lockdown", "none"]);
    for (const each of told) v.parse(journalEntrySchema, each);
  });
});

it("has one id for each kind, as journald wants them", () => {
  for (const id of Object.values(messageIds)) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

it("is described by docs/journal.schema.json (node build/journal-schema.ts writes it)", () => {
  expect(readFileSync(schemaFile, "utf8")).toBe(journalSchemaText());
});

describe("the file that says which flows", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "picket-journal-")), "etc");
    mkdirSync(folder, { mode: 0o755 });
    file = join(folder, "journal.conf");
    writeFileSync(file, "# all of them\n\nFLOWS=all\n", { mode: 0o644 });
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

  it("counts where it is root's", () => {
    expect(readJournalConf(file)).toEqual({ flows: "all", problem: null });
    rmSync(file);
    expect(readJournalConf(file)).toEqual({ flows: "none", problem: null });
  });

  it.each<[string, () => void]>([
    ["others may write it", () => chmodSync(file, 0o646)],
    ["a group may write it", () => chmodSync(file, 0o664)],
    ["it is somebody else's", () => chownSync(file, 1000, 0)],
    ["others may put another one there", () => chmodSync(folder, 0o777)],
    ["its folder is somebody else's", () => chownSync(folder, 1000, 0)],
    [
      "it is a link",
      () => {
        rmSync(file);
        symlinkSync("/etc/passwd", file);
      },
    ],
  ])("does not where %s, and says so", (_, spoil) => {
    spoil();
    const conf = readJournalConf(file);
    expect(conf.flows).toBe("none");
    expect(conf.problem).toMatch(/written by others|no file/);
    expect(new Journal("picket", conf, () => true).degraded()).toMatchObject([{ code: "journalConf" }]);
  });

  it("with anything else in it is refused, by its line", () => {
    expect(parseJournalConf("FLOWS=all\nTARGET=10.0.0.1:514\n", "f")).toMatchObject({
      flows: "none",
      problem: expect.stringMatching(/line 2/),
    });
  });
});
