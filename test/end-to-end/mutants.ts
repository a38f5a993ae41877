// Valid messages of every method, and what somebody could make of them.
import { contractVersion, type MethodName, type Params } from "../../contract/methods.ts";

const filter = { words: "a", verdict: null, liveOnly: false, protocol: null, direction: null } as const;

/** Things that are there: ids that mean something to the helper. */
export interface Real {
  readonly prompts: readonly string[];
  readonly rules: readonly string[];
  readonly flows: readonly string[];
  readonly users: readonly number[];
}

/** A valid message of each method: one of another method does not compile, nor does a method without one. */
export function samples({ prompts, rules, flows, users }: Real): { [M in MethodName]: Params<M> } {
  const [prompt = "1", rule = "1", flow = "1"] = [prompts[0], rules[0], flows[0]];
  return {
    hello: { contract: contractVersion, client: "storm" },
    status: {},
    "prompts.list": {},
    "prompts.dismiss": { id: prompt },
    "prompts.answer": { id: prompt, action: "allow", scope: "any", lifetime: "forever" },
    "prompts.details": { id: prompt },
    "answers.list": {},
    "rules.list": {},
    "rules.add": {
      ...{
        app: "/usr/bin/curl",
        via: null,
        user: users[0] ?? null,
        action: "allow",
        address: "192.0.2.0/24",
        port: 80,
      },
      ...{ portTo: 90, protocol: "tcp", direction: "both", profile: null, lifetime: "forever", note: "storm" },
    },
    "rules.remove": { ids: [rule] },
    "rules.enable": { ids: rules.slice(0, 2), enabled: false },
    "rules.stage": { first: true, rules: [{ action: "allow", app: "/usr/bin/curl", domain: "example.org" }] },
    "rules.apply": { source: null, factory: { "factory:loopback": false }, dryRun: false },
    "rules.undo": { change: 1 },
    explain: { app: "/usr/bin/curl", user: users[0] ?? 0, host: "example.org", address: "192.0.2.1", port: 443 },
    "mode.set": { mode: "allow", confirmWithin: 60 },
    confirm: {},
    pause: { for: "1h" },
    lockdown: { on: false },
    "profile.set": { automatic: true },
    "profiles.list": {},
    "profiles.define": { name: "home", ssid: "x", gateway: "192.0.2.1", vpn: true },
    "profiles.remove": { name: "home" },
    "learn.review": {},
    "learn.accept": { ids: ["a"] },
    "learn.forget": { ids: ["a"] },
    "flows.list": { limit: 10 },
    "monitor.watch": {
      ...{ number: 1, by: "app", order: "recent", still: false, expanded: [flow], filter, from: 0, rows: 10 },
    },
    "monitor.leave": {},
    "monitor.end": { row: flow },
    "flows.end": { id: flow },
    "blocklists.list": {},
    "blocklists.add": { name: "list", url: "http://192.0.2.1/list" },
    "blocklists.begin": { name: "list", replace: true },
    "blocklists.append": { upload: "1", data: "YQ==" },
    "blocklists.commit": { upload: "1" },
    "blocklists.remove": { name: "list" },
    "blocklists.enable": { name: "list", enabled: false },
    "blocklists.refresh": { name: "list", acceptShrunk: true },
    "blocklists.hits": { name: "list" },
    "history.query": { by: "app", range: "1h", filter: { user: users[0] ?? 0 }, limit: 5 },
    "history.events": { range: "1h", limit: 5 },
    "history.networks": {},
    "history.apps": { paths: ["/usr/bin/curl"] },
    "history.settings": {},
    "history.configure": { recording: false },
    "history.setPrivate": { app: "/usr/bin/curl", private: true },
    "history.delete": {},
    "rules.except": { flow, everybody: true },
    "backup.read": {},
    "backup.append": { first: true, text: "{}" },
    "backup.restore": { dryRun: false },
    "backup.undo": {},
    // Its group of processes is made for whoever asks; a storm of those is no storm of words.
    "run.enter": { name: "" },
    "helper.stop": {},
    watch: { topics: ["prompts", "flows", "rules", "status", "blocklists"] },
  };
}

/** Small, seeded and quick (mulberry32): a storm can be had again. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Json = unknown;

/** Lines that were learned: so many, and no longer than so many characters. They are to lead on, not to grow. */
const mostLearned = 4000;
const longestLearned = 3000;

function nested(depth: number): Json {
  let value: Json = [];
  for (let at = 0; at < depth; at++) value = at % 2 ? [value] : { a: value };
  return value;
}

/** What is seldom meant. Shared: what is changed is a copy each time. */
const strange: readonly Json[] = [
  ...[null, true, false, 0, -1, 1, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 53, 1e308, 0.1, "", " ", "*", "any"],
  ...["allow", "block", "ask", "forever", "once", "quit", "1h", "99999999d", "domain", "any", "everyone", "root"],
  ...["../../etc/passwd", "/", "//", "/usr/bin/curl", "::", "0.0.0.0/0", "::/0", "-", "\u202e", "\u0000", "🔥"],
  ...["x".repeat(5000), "' OR 1=1 --", [], {}, [[]], { id: 1 }, Array(200).fill(0), nested(50), nested(2000)],
];

export class Mutator {
  private readonly next: () => number;
  private readonly real: Real;
  private readonly valid: [string, Json][];
  /** What was answered as nothing before it. */
  private readonly learned: [string, Json][] = [];

  constructor(seed: number, real: Real) {
    this.next = random(seed);
    this.real = real;
    this.valid = Object.entries(samples(real));
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)] as T;
  }

  /** One line, and whether it is surely answered: broken JSON is too, without its id. */
  line(id: number): string {
    const [method, params] = this.pick(this.learned.length > 0 && this.next() < 0.5 ? this.learned : this.valid);
    let message: Json = { id, method, params };
    for (let turns = Math.floor(this.next() * 4); turns > 0; turns--) message = this.mutate(message, 0);
    let text = (JSON.stringify(message) ?? "null").replaceAll("\n", " ");
    if (this.next() < 0.05) text = this.scratch(text);
    return text.slice(0, 60_000) || "x";
  }

  /** A line that came to something new: others are made of it from now on. The oldest gives way to it where there are many. */
  learn(line: string): void {
    if (line.length > longestLearned) return;
    try {
      const { method, params } = JSON.parse(line) as { method: string; params: Json };
      if (this.learned.length === mostLearned) this.learned.shift();
      if (typeof method === "string") this.learned.push([method, params]);
    } catch {
      // what is no JSON has nothing to be changed in
    }
  }

  private mutate(value: Json, depth: number): Json {
    if (typeof value === "object" && value !== null && this.next() < (depth === 0 ? 0.99 : 0.8)) {
      const keys = Object.keys(value);
      // The envelope stays: what has no method is said soon.
      const inner = depth === 0 && this.next() < 0.97 ? ["params"] : keys;
      const key = inner.length > 0 ? this.pick(inner) : "new";
      const changed = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, Json>;
      const dice = this.next();
      const name = this.pick(["__proto__", "constructor", "toString", "extra", "id", "user", "0"]);
      if (dice < 0.1) delete changed[key];
      // As JSON has it, and no assignment: a name like any other.
      else if (dice < 0.2) put(changed, name, this.value());
      else put(changed, key, this.mutate(changed[key], depth + 1));
      return changed;
    }
    return this.value(value);
  }

  private value(before?: Json): Json {
    const { prompts, rules, flows, users } = this.real;
    const dice = this.next();
    if (typeof before === "string" && dice < 0.2) return this.scratch(before);
    if (typeof before === "number" && dice < 0.2) return before + this.pick([-1, 1, 0.5, 1e9, -1e9]);
    if (dice < 0.45) return this.pick<Json>([...prompts, ...rules, ...flows, ...users]);
    if (dice < 0.6) return this.pick(Object.values(this.pick(this.valid)[1] as object));
    return this.pick(strange);
  }

  /** Other characters, fewer, or twice as many. */
  private scratch(text: string): string {
    const at = Math.floor(this.next() * (text.length + 1));
    const rest = text.slice(at + Math.floor(this.next() * 3));
    return `${text.slice(0, at)}${this.pick(["", "\u0001", '"', "{", "}", "\\", "9", "�", text.slice(0, 50)])}${rest}`;
  }
}

function put(object: Record<string, Json>, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
