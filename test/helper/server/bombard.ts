// Mutated messages for the real framing, schemas, handshake, gate and coded errors, in this process: everything that a message meets before the
// room that would serve it, hundreds of times as fast as over a socket. Answers lead the mutation, not the coverage of the code: what was
// answered as nothing before it is what further messages are made of.
import { Duplex } from "node:stream";
import { expect } from "vitest";
import { CodedError, errorCodes } from "../../../contract/errors.ts";
import {
  contractVersion,
  type MethodName,
  methods,
  type ParsedParams,
  type Result,
} from "../../../contract/methods.ts";
import { maxRequestBytes } from "../../../contract/wire.ts";
import type { Flow, Prompt, Rule } from "../../../contract/words.ts";
import type { World } from "../../../helper/people/scopes.ts";
import { viewerOf } from "../../../helper/people/viewer.ts";
import { Connection } from "../../../helper/server/connection.ts";
import { Consents } from "../../../helper/server/consents.ts";
import { type GateParts, pass } from "../../../helper/server/gate.ts";
import { rightOf } from "../../../helper/server/rights.ts";
import { Mutator, type Real, random } from "../../end-to-end/mutants.ts";
import { allKnown } from "./known.ts";

const [alice, bob] = [1000, 1001];
const real: Real = { prompts: ["1", "2"], rules: ["3", "4"], flows: ["5", "6"], users: [0, alice, bob] };
/** Whose each of those is. */
const owners: Record<string, number> = { 1: alice, 2: bob, 3: alice, 4: bob, 5: alice, 6: bob };

const world: World = {
  isPerson: (uid) => uid === alice || uid === bob,
  personOfPrompt: (id) => (real.prompts.includes(id) ? owners[id] : "unknown"),
  countPrompts: () => 1,
  promptOf: (id) => (real.prompts.includes(id) ? ({ process: { uid: owners[id] } } as Prompt) : undefined),
  flowOf: (id) => (real.flows.includes(id) ? ({ person: owners[id], user: owners[id] } as Flow) : undefined),
  ruleOf: (id) => (real.rules.includes(id) ? ({ user: owners[id] } as Rule) : undefined),
  changes: () => [
    { id: 2, users: [alice] },
    { id: 1, users: [bob] },
  ],
  trialOf: (uid) => (uid === alice ? { what: "Mode block.", ends: "" } : null),
  hasUsed: () => false,
  networksOf: () => [],
  ruleUsers: () => [alice, bob],
  privateApps: () => [],
  historyUsers: () => [],
};

/** What rooms would answer, as far as it is looked at on its way back. */
const results: Partial<Record<MethodName, unknown>> = {
  ...Object.fromEntries(
    ["prompts.list", "answers.list", "rules.list", "flows.list", "blocklists.list"].map((method) => [method, []]),
  ),
  status: { degraded: [] },
  "rules.undo": { removed: [], restored: [], more: 0 },
  "history.events": { events: [] },
  "history.apps": { apps: [] },
  "history.networks": { networks: [], current: [] },
  "history.settings": { private: [] },
};

/** A person's own program, at level "protected": not the window, and nobody gives consent. */
const gate: GateParts = {
  lock: { read: () => ({ locked: ["profiles"], problem: null }) },
  authority: {
    windowGroup: { id: 4242, problem: null },
    known: allKnown(() => false),
    askedAbout: () => null,
    consent: async () => false,
    consents: new Consents(),
  },
  people: { viewerOf: (uid) => viewerOf(uid, "everyone", alice), world },
  rehearse: () => null,
  isStill: () => true,
};

export interface Bombarded {
  sent: number;
  /** Kinds of answers that there were. */
  kinds: number;
  codes: Record<string, number>;
  /** Messages that reached the room that serves them. */
  served: number;
}

/** What must be true of whatever reaches a room. */
function check(method: MethodName, asked: ParsedParams<MethodName>): void {
  if (rightOf(method, asked, gate.authority.known) === "widen")
    throw new Error(`${method} was let through: ${JSON.stringify(asked)}`);
  const { id, ids, flow, user, filter } = asked as {
    id?: string;
    ids?: string[];
    flow?: string;
    user?: unknown;
    filter?: { user?: unknown };
  };
  const kind = method === "rules.except" ? "flows" : method.split(".")[0];
  const named = ids ?? [id ?? flow ?? ""];
  const known = kind === "prompts" || kind === "rules" || kind === "flows" ? real[kind] : [];
  const others = named.filter((each) => known.includes(each) && owners[each] === alice);
  if (others.length > 0) throw new Error(`${method} of another's ${others}`);
  if ((method === "rules.add" || method === "explain") && user !== bob) throw new Error(`${method} for ${user}`);
  if (method === "history.query" && filter?.user !== bob) throw new Error(`history of ${filter?.user}`);
  if (method.startsWith("profile") && method !== "profiles.list") throw new Error(`${method} is locked`);
}

/** One end of a connection whose other end nobody holds: it takes bytes and tells replies. */
class End extends Duplex {
  readonly replies: string[] = [];
  private text = "";
  override _read(): void {}
  override _write(chunk: Buffer, _: unknown, done: () => void): void {
    this.text += chunk.toString();
    const lines = this.text.split("\n");
    this.text = lines.pop() ?? "";
    this.replies.push(...lines);
    done();
  }
}

const hello = JSON.stringify({ id: 0, method: "hello", params: { contract: contractVersion, client: "storm" } });

/** Sends `count` messages; `guided` false: answers lead to nothing. Fails at the first thing that must not be. */
export async function bombard(count: number, seed: number, guided = true): Promise<Bombarded> {
  const [mutator, chance] = [new Mutator(seed, real), random(seed + 1)];
  const told: Bombarded = { sent: 0, kinds: 0, codes: {}, served: 0 };
  const kinds = new Set<string>();
  const prototype = Object.getOwnPropertyNames(Object.prototype).sort().join();
  const serve = async (method: MethodName, asked: ParsedParams<MethodName>) => {
    told.served++;
    check(method, asked);
    return (results[method] ?? {}) as Result<MethodName>;
  };
  let failure: unknown = null;
  const open = async () => {
    const end = new End();
    const peer = { pid: process.pid, uid: bob, gid: bob };
    const shared = { turn: () => Promise.resolve(), isTooMuch: () => false };
    new Connection(
      end as never,
      peer,
      (call) =>
        pass(gate, call, (asked) => serve(call.method, asked)).catch((error) => {
          // Behind this, what is no coded error would be "internal" for whoever asks, and a line in the log.
          if (!(error instanceof CodedError)) failure ??= error;
          throw error;
        }),
      shared,
    );
    end.emit("data", Buffer.from(`${hello}\n`));
    await answered(end, 1);
    end.replies.length = 0;
    return end;
  };
  /** One reply for each line, no more and no less. */
  const answered = async (end: End, replies: number) => {
    for (let turn = 0; end.replies.length < replies && turn < 1000; turn++) await new Promise(setImmediate);
    if (end.replies.length !== replies) throw new Error(`${end.replies.length} replies to ${replies} lines`);
  };

  let end = await open();
  while (told.sent < count) {
    const lines: string[] = [];
    const most = 1 + Math.floor(chance() * 32);
    while (lines.length < most && told.sent < count) lines.push(mutator.line(++told.sent));
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    // In pieces, wherever they break.
    const cut = Math.floor(chance() * bytes.length);
    end.emit("data", bytes.subarray(0, cut));
    end.emit("data", bytes.subarray(cut));
    await answered(end, lines.length);
    if (failure !== null) throw new Error(`seed ${seed}, among ${lines.join("\n")}`, { cause: failure });
    const first = told.sent - lines.length + 1;
    end.replies.forEach((text, at) => {
      const { id, error } = JSON.parse(text) as { id: number | null; error?: { code: string; message: string } };
      const code = error?.code ?? "result";
      if (error !== undefined && !Object.hasOwn(errorCodes, code)) throw new Error(`an error without a code: ${text}`);
      if (code === "internal") throw new Error(`seed ${seed}: ${text}`);
      told.codes[code] = (told.codes[code] ?? 0) + 1;
      const line = lines[id === null ? at : id - first];
      if (line === undefined) return;
      const kind = `${methodIn(line)} ${code} ${(error?.message ?? "").replace(/".*"|\d+/g, "").slice(0, 120)}`;
      if (kinds.has(kind) || kinds.size > 50_000) return;
      kinds.add(kind);
      if (guided) mutator.learn(line);
    });
    end.replies.length = 0;
    // A new one now and then, as clients come and go.
    if (chance() < 0.01) {
      end.destroy();
      end = await open();
    }
  }
  expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(prototype);
  // What is longer than a line may be ends the connection with its code.
  end.emit("data", Buffer.alloc(maxRequestBytes + 1, 120));
  await answered(end, 1);
  expect(end.replies[0]).toContain("too_large");
  end.destroy();
  told.kinds = kinds.size;
  return told;
}

/** For the kind of an answer only: of methods that there are. */
function methodIn(line: string): string {
  const method = /"method":"([a-zA-Z.]+)"/.exec(line)?.[1] ?? "";
  return Object.hasOwn(methods, method) ? method : "";
}
