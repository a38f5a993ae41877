// Tells the system's journal of flows and decisions (docs/journal.md). What it cannot take for long is counted and gone: no app waits.
import { AsyncLocalStorage } from "node:async_hooks";
import type { JournalEntry } from "../../contract/journal.ts";
import type { Flow } from "../../contract/words.ts";
import type { Degraded } from "../degraded.ts";
import type { Situation } from "../enforced-policy.ts";
import { sendToJournal } from "../kernel/journal-socket.ts";
import { log } from "../log.ts";
import type { RuleNews } from "../store/rules.ts";
import type { JournalConf } from "./conf.ts";
import { type Asker, type Decided, datagramOf, decisionEntry, flowEntry, ruleEntry, standingEntry } from "./entries.ts";

/** Rules of one change that are told one by one: journald takes no more at once while it is busy. */
const mostRules = 200;

/** Entries that wait for a journal that is busy (its socket has room for as few as ten), and for how long, milliseconds. */
const mostWaiting = 1000;
const patience = 5000;
const pace = 20;

export class Journal {
  private readonly instance: string;
  private readonly conf: JournalConf;
  private readonly send: (bytes: Buffer) => boolean;
  /** Flows that were told, and as what: a verdict, "cut" (blocked after it was allowed), "over". As many as flows are remembered. */
  private readonly told = new Map<string, string>();
  private standing: string | undefined;
  /** Whose request is served. `over`: what it leaves to a timer is nobody's any more. */
  private readonly requests = new AsyncLocalStorage<{ by: Asker; over: boolean }>();
  /** Entries that the journal did not take. */
  lost = 0;
  /** In their order. `until`: performance.now() milliseconds. */
  private waiting: { bytes: Buffer; until: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** `send`: whether it was taken. */
  constructor(instance: string, conf: JournalConf, send = sendToJournal) {
    this.instance = instance;
    this.conf = conf;
    this.send = send;
  }

  /** A flow is new or has changed; null: it is forgotten. */
  meetFlow(flow: Flow | null, id: string): void {
    const { flows } = this.conf;
    if (flows === "none") return;
    if (flow === null) {
      this.told.delete(id);
      return;
    }
    const { verdict, live } = flow;
    if (flows === "blocked" && verdict !== "block") return;
    const before = this.told.get(id);
    const isCut = verdict === "block" && (before === "allow" || before === "cut");
    const isNews = before !== verdict && !(isCut && before === "cut");
    if (verdict !== "held" && isNews && before !== "over") this.write(flowEntry(this.instance, flow, "verdict"));
    // What was refused at once has no end of its own.
    if (!live && before !== "over" && (verdict !== "block" || isCut)) this.write(flowEntry(this.instance, flow, "end"));
    if (!live) this.told.set(id, "over");
    else if (verdict !== "held") this.told.set(id, isCut ? "cut" : verdict);
  }

  /** What changes while `work` goes on, and because of it, is told as changed by that caller. */
  async during<T>(by: Asker, work: () => Promise<T>): Promise<T> {
    const request = { by, over: false };
    try {
      return await this.requests.run(request, work);
    } finally {
      request.over = true;
    }
  }

  /** Who asked for what is being done; null: nobody did. */
  get asker(): Asker | null {
    const request = this.requests.getStore();
    return request === undefined || request.over ? null : request.by;
  }

  decided(decided: Decided): void {
    this.write(decisionEntry(this.instance, decided));
  }

  /** What may let more through comes first: allows that came, and what stood in the way and went. */
  meetRules({ changed, removed }: RuleNews): void {
    const news = [
      ...changed.map((rule) => ["set", rule] as const),
      ...removed.map((rule) => ["removed", rule] as const),
    ];
    const opens = ([change, { action, enabled }]: (typeof news)[number]) =>
      change === "set" ? (action === "allow") === enabled : action !== "allow" && enabled;
    const ordered = [...news.filter(opens), ...news.filter((each) => !opens(each))];
    for (const [change, rule] of ordered.slice(0, mostRules))
      this.write(ruleEntry(this.instance, { change, rule, changes: news.length, by: this.asker }));
  }

  /** Mode, pause, lockdown and profile as they are by now. The first time is the start. */
  meetStanding(situation: Situation): void {
    const { mode, override, profile } = situation;
    const text = JSON.stringify([mode, override, profile]);
    if (text === this.standing) return;
    this.standing = text;
    this.write(standingEntry(this.instance, situation, this.asker));
  }

  private write(entry: JournalEntry): void {
    const bytes = datagramOf(entry as Readonly<Record<string, string>>);
    if (this.waiting.length < mostWaiting) this.waiting.push({ bytes, until: performance.now() + patience });
    else this.lost++;
    this.sendWaiting();
  }

  private sendWaiting(): void {
    this.sendNow();
    const now = performance.now();
    const young = this.waiting.findIndex(({ until }) => until >= now);
    this.lose(young < 0 ? this.waiting.length : young);
    if (this.waiting.length === 0) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.sendWaiting();
    }, pace).unref();
  }

  private sendNow(): void {
    const refused = this.waiting.findIndex(({ bytes }) => !this.send(bytes));
    this.waiting.splice(0, refused < 0 ? this.waiting.length : refused);
  }

  private lose(entries: number): void {
    this.waiting.splice(0, entries);
    this.lost += entries;
  }

  /** What the journal does not take now is lost. */
  close(): void {
    clearTimeout(this.timer);
    this.sendNow();
    if (this.waiting.length === 0) return;
    log("warn", "the journal did not take everything", { entries: this.waiting.length });
    this.lose(this.waiting.length);
  }

  degraded(): Degraded[] {
    const { problem } = this.conf;
    return problem === null ? [] : [{ code: "journalConf", message: `No flows go into the journal: ${problem}` }];
  }
}
