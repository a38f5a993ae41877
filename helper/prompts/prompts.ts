// Open questions: one card per app and endpoint. Attempts join, answers settle, nothing vanishes unanswered.
import { CodedError } from "../../contract/errors.ts";
import type { App, Direction, Endpoint, Prompt } from "../../contract/words.ts";
import { log } from "../log.ts";
import type { PromptRows, StoredPrompt } from "../store/prompts.ts";
import { joins } from "./join.ts";

/** One held flow that needs an answer. */
export interface Attempt {
  readonly flow: string;
  readonly app: App;
  readonly direction: Direction;
  readonly endpoint: Endpoint;
  readonly process: Prompt["process"];
  /** CLOCK_BOOTTIME milliseconds. */
  readonly at: number;
  /** It was held before this helper started: its card has counted it. */
  readonly resumed: boolean;
}

interface Item {
  stored: StoredPrompt;
  flows: Set<string>;
  lastAttempt: number;
}

export class Prompts {
  private readonly rows: PromptRows;
  private readonly items = new Map<string, Item>();
  private readonly byFlow = new Map<string, Item>();
  /** Questions that are not on the disk. */
  unsaved = 0;
  private readonly changed: (prompt: Prompt | null, id: string) => void;

  /** `changed` hears of every new state of a card; null when it is gone. Questions of an earlier run start in the inbox. */
  constructor(rows: PromptRows, changed: (prompt: Prompt | null, id: string) => void) {
    this.rows = rows;
    this.changed = changed;
    for (const stored of rows.all())
      this.items.set(stored.id, { stored, flows: new Set(), lastAttempt: Number.NEGATIVE_INFINITY });
  }

  list(): Prompt[] {
    return [...this.items.values()].map((item) => this.view(item));
  }

  get count(): number {
    return this.items.size;
  }

  /** Errors: unknown_prompt. */
  find(id: string): { prompt: Prompt; flows: string[] } {
    const item = this.items.get(id);
    if (item === undefined) throw new CodedError("unknown_prompt", id);
    return { prompt: this.view(item), flows: [...item.flows] };
  }

  /** Opens a card, or joins the one that asks the same. */
  ask(attempt: Attempt): void {
    const item = [...this.items.values()].find((candidate) => joins(candidate.stored, candidate.lastAttempt, attempt));
    if (item === undefined) this.open(attempt);
    else this.join(item, attempt);
  }

  private open(attempt: Attempt): void {
    const fresh = {
      app: attempt.app,
      direction: attempt.direction,
      process: attempt.process,
      attempts: 1,
      opened: new Date().toISOString(),
      endpoints: [attempt.endpoint],
    };
    const stored: StoredPrompt = { id: this.save(fresh), ...fresh };
    const item: Item = { stored, flows: new Set([attempt.flow]), lastAttempt: attempt.at };
    this.items.set(stored.id, item);
    this.byFlow.set(attempt.flow, item);
    this.changed(this.view(item), stored.id);
  }

  /** A question that cannot be written (a full disk) is asked all the same; only a crash would lose it. */
  private save(fresh: Omit<StoredPrompt, "id">): string {
    try {
      return this.rows.open(fresh);
    } catch (error) {
      this.unsaved++;
      log("error", "a question could not be saved", { app: fresh.app.path, error: String(error) });
      return `unsaved-${this.unsaved}`;
    }
  }

  private join(item: Item, attempt: Attempt): void {
    const { stored } = item;
    const known = stored.endpoints.some((endpoint) => sameEndpoint(endpoint, attempt.endpoint));
    item.stored = {
      ...stored,
      // The process that asked before is gone with its flows.
      process: item.flows.size === 0 ? attempt.process : stored.process,
      attempts: stored.attempts + (attempt.resumed ? 0 : 1),
      endpoints: known ? stored.endpoints : [...stored.endpoints, attempt.endpoint],
    };
    item.flows.add(attempt.flow);
    item.lastAttempt = attempt.at;
    this.byFlow.set(attempt.flow, item);
    this.rows.update(item.stored);
    this.changed(this.view(item), stored.id);
  }

  /** The attempt is dead: when it was the card's last, the card moves to the inbox. */
  flowEnded(flow: string): void {
    const item = this.byFlow.get(flow);
    if (item === undefined) return;
    this.byFlow.delete(flow);
    item.flows.delete(flow);
    // Nobody could answer it any more: neither `once`, nor with a rule for a program that nobody can name.
    if (item.flows.size === 0 && !isCertain(item.stored.app)) this.close(item.stored.id);
    else this.changed(this.view(item), item.stored.id);
  }

  /** Takes endpoints that policy answers by now off every card; a card without any left is settled. Returns the settled ids. */
  settle(isAnswered: (app: App, direction: Direction, endpoint: Endpoint) => boolean): string[] {
    const settled: string[] = [];
    for (const item of [...this.items.values()]) {
      const { app, direction, endpoints } = item.stored;
      const open = endpoints.filter((endpoint) => !isAnswered(app, direction, endpoint));
      if (open.length === endpoints.length) continue;
      if (open.length === 0) {
        this.close(item.stored.id);
        settled.push(item.stored.id);
        continue;
      }
      item.stored = { ...item.stored, endpoints: open };
      this.rows.update(item.stored);
      this.changed(this.view(item), item.stored.id);
    }
    return settled;
  }

  /** Removes answered cards from the disk, as part of the transaction that commits their answer. */
  strike(ids: readonly string[]): void {
    for (const id of ids) this.rows.remove(id);
  }

  /** Removes a card that was answered. */
  close(id: string): void {
    const item = this.items.get(id);
    if (item === undefined) return;
    for (const flow of item.flows) this.byFlow.delete(flow);
    this.items.delete(id);
    this.rows.remove(id);
    this.changed(null, id);
  }

  private view(item: Item): Prompt {
    const [endpoint] = item.stored.endpoints;
    if (endpoint === undefined) throw new Error(`prompt ${item.stored.id} has no endpoint`);
    return { ...item.stored, endpoint, state: item.flows.size > 0 ? "held" : "inbox" };
  }
}

/** Whether the app's path is one: what is in brackets is only what little is known. */
export function isCertain(app: App): boolean {
  return app.path.startsWith("/");
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port && a.protocol === b.protocol;
}
