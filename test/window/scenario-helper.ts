// A helper made of nothing but the contract: serves given state on a socket of its own, records what it is asked, and can go away.
import { chmodSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import type { Blocklist } from "../../contract/blocklists.ts";
import { CodedError } from "../../contract/errors.ts";
import { contractVersion, events, type MethodName, methods, type Params, type Topic } from "../../contract/methods.ts";
import { type MonitorUpdate, monitorUpdateSchema, type View } from "../../contract/monitor.ts";
import type { PromptDetails, RecentAnswer } from "../../contract/questions.ts";
import { LineSplitter, maxRequestBytes, requestSchema } from "../../contract/wire.ts";
import type { Flow, Prompt, Rule, Status } from "../../contract/words.ts";
import { degradedCodes } from "../../helper/degraded.ts";
import { Monitor, type Viewer } from "../../helper/monitor/monitor.ts";
import { meansMore } from "../../helper/policy/scope.ts";
import { aRule, aStatus } from "./scenario.ts";
import { RememberedScenario } from "./scenario-history.ts";
import { LearningScenario } from "./scenario-learning.ts";
import { ListsScenario } from "./scenario-lists.ts";
import { ProfilesScenario } from "./scenario-profiles.ts";
import { standingAfter } from "./scenario-standing.ts";

export type Called = { method: MethodName; params: unknown };
type Item = { prompts: Prompt; flows: Flow; rules: Rule; blocklists: Blocklist };

export class ScenarioHelper {
  /** Everything asked of it but hello, watch, status and what pages ask by themselves, in order. */
  readonly called: Called[] = [];
  /** Ids of the flows over which the person works. */
  readonly own = new Set<string>();
  /** When set, the next answer is refused with this code. */
  refuseWith: ConstructorParameters<typeof CodedError>[0] | null = null;
  /** As for a rule of which somebody else decides; what is made is one's own. */
  removalRefused: ConstructorParameters<typeof CodedError>[0] | null = null;
  /** What it knows of whoever asks. */
  details: PromptDetails = {
    processes: [{ pid: 4121, path: "/usr/bin/curl" }],
    user: "alice",
    firstSeen: null,
    today: { allowed: 0, blocked: 0, destinations: 0, bytesIn: 0, bytesOut: 0 },
  };
  readonly history = new RememberedScenario();
  readonly lists = new ListsScenario(this);
  readonly learning = new LearningScenario(this);
  readonly profiles = new ProfilesScenario();
  /** The last answers, newest first. */
  readonly answers: RecentAnswer[] = [];
  /** What rules.list says of rules besides what they are, by their ids. */
  readonly remarks = new Map<string, Pick<Rule, "hints" | "uses" | "lastUsed">>();
  /** What takes a change of rules back. */
  private readonly undoing = new Map<number, () => void>();
  private changes = 0;
  /** The number that the next change of rules gets. */
  get nextChange(): number {
    return this.changes + 1;
  }
  readonly socketPath: string;
  private readonly folder: string;
  private readonly state = {
    prompts: new Map<string, Prompt>(),
    flows: new Map<string, Flow>(),
    rules: new Map<string, Rule>(),
    blocklists: new Map<string, Blocklist>(),
  };
  private status: Status = aStatus();
  private server: Server | undefined;
  private readonly clients = new Map<Socket, Set<Topic>>();
  /** The real one, over the scenario's flows: what a page shows is what a helper would make of them. */
  readonly monitor = new Monitor({
    flows: () => [...this.state.flows.values()].reverse(),
    countTraffic: () => {},
    now: () => this.now,
  });
  private now = 0;
  private readonly viewers = new Map<Socket, Viewer>();
  /** The view that was asked for last, and how often one was. */
  view: View | null = null;
  views = 0;
  /** What waits from now on for somebody's password. */
  withheld: MethodName | null = null;
  private readonly late: (() => void)[] = [];
  /** Updates of the monitor that get lost from now on. */
  losing = 0;

  static async start(): Promise<ScenarioHelper> {
    const helper = new ScenarioHelper(await mkdtemp(join(tmpdir(), "picket-scenario-")));
    await helper.appear();
    return helper;
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.socketPath = join(folder, "helper.sock");
  }

  async appear(): Promise<void> {
    const server = createServer((socket) => this.serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.socketPath, resolve);
    });
    this.server = server;
  }

  /** Like a helper that was killed: its socket stays behind only until this returns. */
  async vanish(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const client of this.clients.keys()) client.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
    await rm(this.socketPath, { force: true });
  }

  /** Lets other users connect, as the installed helper does. */
  openToOthers(): void {
    chmodSync(this.folder, 0o755);
    chmodSync(this.socketPath, 0o666);
  }

  async end(): Promise<void> {
    await this.vanish();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Topics that anybody watches. */
  get topics(): Topic[] {
    return [...this.clients.values()].flatMap((topics) => [...topics]);
  }

  /** Calls of one method, their parameters; but for what was shown, which is checked here as by the helper. */
  asked(method: MethodName): unknown[] {
    return this.called
      .filter((call) => call.method === method)
      .map(({ params }) => Object.fromEntries(Object.entries(params as object).filter(([name]) => name !== "shown")));
  }

  setStatus(change: Partial<Status>): void {
    // The contract leaves codes open, for later helpers: what falls short here must be something this one says.
    const unknown = change.degraded?.find(({ code }) => !(degradedCodes as readonly string[]).includes(code));
    if (unknown) throw new Error(`no helper says that ${unknown.code} falls short`);
    this.status = { ...this.status, ...change };
    this.tell("status", this.status);
  }

  put<T extends keyof Item>(topic: T, ...items: Item[T][]): void {
    const known = this.state[topic] as Map<string, Item[T]>;
    for (const item of items) known.set(item.id, item);
    if (topic === "flows") for (const flow of items as Flow[]) this.monitor.note(flow, flow.id);
    this.tell(topic, { full: false, changed: items, removed: [] });
  }

  /** A card that has grown by now, of which no page has heard yet. */
  grow(prompt: Prompt): void {
    this.state.prompts.set(prompt.id, prompt);
  }

  drop(topic: keyof Item, ...ids: string[]): void {
    for (const id of ids) this.state[topic].delete(id);
    if (topic === "flows") for (const id of ids) this.monitor.note(null, id);
    this.tell(topic, { full: false, changed: [], removed: ids });
  }

  /** Tells every page that has a view an update that is not the monitor's own. */
  tellView(update: MonitorUpdate): void {
    for (const viewer of this.viewers.values()) viewer.tell(update);
  }

  /** Until every client has taken what it was sent. */
  async drained(): Promise<void> {
    while ([...this.clients.keys()].some((client) => client.writableLength > 0))
      await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** The monitor reads its counters: so many bytes came in one second. */
  passSecond(): void {
    this.now += 1000;
    this.monitor.sample();
  }

  private covered({ id, scope }: Params<"prompts.answer">): string[] {
    const { prompts } = this.state;
    const path = prompts.get(id)?.app.path;
    return scope === "any" ? [...prompts.values()].filter(({ app }) => app.path === path).map((each) => each.id) : [id];
  }

  /** Keeps an answer as the helper does; returns what takes it back. */
  private remember({ id, action, scope = "endpoint", lifetime = "once" }: Params<"prompts.answer">): number | null {
    const prompt = this.state.prompts.get(id);
    if (!prompt) return null;
    const { app, direction, endpoint, endpoints, domain } = prompt;
    const change = lifetime === "once" ? null : ++this.changes;
    const about = { id, app, direction, endpoint, endpoints: endpoints.length, domain };
    const time = new Date().toISOString();
    this.answers.unshift({ ...about, time, action, scope, lifetime, change, undone: false });
    return change;
  }

  private rulesOf(ids: readonly string[]): Rule[] {
    return ids.map((id) => {
      const rule = this.state.rules.get(id);
      if (!rule) throw new CodedError("unknown_rule", id);
      return rule;
    });
  }

  /** A change of rules, as its answer tells it. */
  undoable(undo: () => void): { change: number } {
    this.undoing.set(this.called.length, undo);
    return { change: this.called.length };
  }

  private tell(topic: Topic, data: unknown, to?: Socket): void {
    // The scenario is held to the contract as well: what it tells must be something a helper could.
    const line = `${JSON.stringify({ event: topic, data: v.parse(events[topic] as v.GenericSchema, data) })}\n`;
    for (const [client, topics] of this.clients) {
      if (to === undefined ? topics.has(topic) : client === to) client.write(line);
    }
  }

  private viewerOf(socket: Socket): Viewer {
    let viewer = this.viewers.get(socket);
    if (viewer === undefined) {
      const tell = (update: MonitorUpdate) => {
        if (this.losing > 0) {
          this.losing--;
          return;
        }
        socket.write(`${JSON.stringify({ event: "monitor", data: v.parse(monitorUpdateSchema, update) })}\n`);
      };
      viewer = { tell, backlog: () => socket.writableLength };
      this.viewers.set(socket, viewer);
    }
    return viewer;
  }

  private serve(socket: Socket): void {
    const lines = new LineSplitter(maxRequestBytes);
    this.clients.set(socket, new Set());
    socket.on("error", () => {});
    socket.on("close", () => {
      this.clients.delete(socket);
      const viewer = this.viewers.get(socket);
      if (viewer) this.monitor.leave(viewer);
      this.viewers.delete(socket);
    });
    socket.on("data", (chunk: Buffer) => {
      for (const line of lines.push(chunk)) {
        const { method } = JSON.parse(line) as { method: MethodName };
        if (method === this.withheld) this.late.push(() => this.take(socket, line));
        else this.take(socket, line);
      }
    });
  }

  /** Does what waited for a password. */
  consent(): void {
    this.withheld = null;
    for (const take of this.late.splice(0)) take();
  }

  private take(socket: Socket, line: string): void {
    const { id, method, params } = v.parse(requestSchema, JSON.parse(line));
    try {
      const name = method as MethodName;
      const result = this.answer(socket, name, v.parse(methods[name].params as v.GenericSchema, params));
      socket.write(`${JSON.stringify({ id, result: v.parse(methods[name].result as v.GenericSchema, result) })}\n`);
    } catch (error) {
      const { code, message } = error instanceof CodedError ? error : new CodedError("internal", String(error));
      socket.write(`${JSON.stringify({ id, error: { code, message } })}\n`);
    }
  }

  private answer(socket: Socket, method: MethodName, params: unknown): unknown {
    if (
      ![
        "hello",
        "watch",
        "status",
        "monitor.watch",
        "answers.list",
        "prompts.details",
        "rules.list",
        "profiles.list",
        "learn.review",
      ].includes(method) &&
      !method.startsWith("history.")
    )
      this.called.push({ method, params });
    switch (method) {
      case "hello":
        return { contract: contractVersion, version: "0.1.0" };
      case "status":
        return this.status;
      case "watch": {
        const { topics } = params as { topics: Topic[] };
        this.clients.set(socket, new Set(topics));
        for (const topic of topics) {
          if (topic === "status") this.tell(topic, this.status, socket);
          else this.tell(topic, { full: true, changed: [...this.state[topic].values()], removed: [] }, socket);
        }
        return {};
      }
      case "monitor.watch":
        this.view = params as View;
        this.views++;
        this.monitor.watch(this.viewerOf(socket), this.view);
        return {};
      case "monitor.leave":
        this.monitor.leave(this.viewerOf(socket));
        return {};
      case "monitor.end": {
        const { row, confirm } = params as { row: string; confirm: boolean };
        const live = this.monitor.liveBelow(this.viewerOf(socket), row);
        if (!confirm && live.some(({ id }) => this.own.has(id))) throw new CodedError("own_session");
        this.put("flows", ...live.map((flow) => ({ ...flow, live: false })));
        return { ended: live.length };
      }
      case "rules.except": {
        const flow = this.state.flows.get((params as Params<"rules.except">).flow);
        if (!flow) throw new CodedError("unknown_flow");
        const { host, address } = flow.endpoint;
        const rule = aRule(`except${this.called.length}`, {
          app: flow.app.path,
          action: "allow",
          host,
          address: host === null ? address : null,
          port: null,
          protocol: null,
        });
        this.put("rules", rule);
        return { rules: [rule], ...this.undoable(() => this.drop("rules", rule.id)) };
      }
      case "rules.add": {
        if (this.refuseWith) throw new CodedError(this.refuseWith);
        const rule = aRule(`made${this.called.length}`, {
          address: null,
          port: null,
          protocol: null,
          ...(params as object),
        });
        this.put("rules", rule);
        return { ...rule, replaced: null, ...this.undoable(() => this.drop("rules", rule.id)) };
      }
      case "prompts.answer": {
        const { id, scope = "endpoint", shown } = params as Params<"prompts.answer">;
        if (this.refuseWith) throw new CodedError(this.refuseWith);
        const prompt = this.state.prompts.get(id);
        if (!prompt) throw new CodedError("unknown_prompt", id);
        // Its endpoints have no names of their own, on which the wider scopes rest.
        const more = !shown || (scope === "endpoint" && meansMore(prompt.endpoints, shown, scope));
        if (more) throw new CodedError("question_changed", id);
        const change = this.remember(params as Params<"prompts.answer">);
        this.drop("prompts", ...this.covered(params as Params<"prompts.answer">));
        return { rules: change === null ? [] : [`r${change}`], settled: [id], change };
      }
      case "prompts.dismiss": {
        const { id } = params as { id: string };
        this.drop("prompts", id);
        return {};
      }
      case "prompts.details":
        return this.details;
      case "answers.list":
        return this.answers;
      case "history.query":
        return this.history.query(params as Params<"history.query">);
      case "history.events":
        return { events: this.history.eventsOf(params as Params<"history.events">) };
      case "history.apps":
        return { apps: this.history.findApps((params as Params<"history.apps">).paths) };
      case "history.settings":
        return this.history.settings;
      case "history.configure":
        return this.history.configure(params as Params<"history.configure">);
      case "history.setPrivate":
        return this.history.setPrivate(params as Params<"history.setPrivate">);
      case "history.delete":
        this.history.remove(params as Params<"history.delete">);
        return {};
      case "rules.undo": {
        const { change } = params as { change: number };
        const answer = this.answers.find((each) => each.change === change);
        const undo = this.undoing.get(change);
        if (!answer && !undo) throw new CodedError("nothing_to_undo");
        if (answer) Object.assign(answer, { change: null, undone: true });
        undo?.();
        this.undoing.delete(change);
        this.tell("rules", { full: false, changed: [], removed: [] });
        return { removed: [], restored: [], more: 0 };
      }
      case "rules.enable": {
        const { ids, enabled } = params as Params<"rules.enable">;
        const rules = this.rulesOf(ids);
        this.put("rules", ...rules.map((rule) => ({ ...rule, enabled })));
        return this.undoable(() => this.put("rules", ...rules));
      }
      case "rules.remove": {
        const { ids } = params as Params<"rules.remove">;
        if (this.removalRefused) throw new CodedError(this.removalRefused);
        const rules = this.rulesOf(ids);
        this.drop("rules", ...ids);
        return this.undoable(() => this.put("rules", ...rules));
      }
      case "rules.list":
        return [...this.state.rules.values()].map((rule) => ({ ...rule, ...this.remarks.get(rule.id) }));
      case "mode.set":
      case "pause":
      case "lockdown":
      case "profile.set":
      case "confirm":
        if (this.refuseWith) throw new CodedError(this.refuseWith);
        this.setStatus(standingAfter(this.status, method, params));
        return this.status;
      default:
        if (this.refuseWith && !/\.(review|list)$/.test(method)) throw new CodedError(this.refuseWith);
        return (
          this.learning.answer(method, params) ??
          this.profiles.answer(method, params) ??
          this.lists.answer(method, params)
        );
    }
  }

  get rules(): readonly Rule[] {
    return [...this.state.rules.values()];
  }

  get blocklists(): ReadonlyMap<string, Blocklist> {
    return this.state.blocklists;
  }
}
