// Open questions: one card per app and endpoint. Attempts join, answers settle, nothing vanishes unanswered. An app that asks for very
// much folds: its newest card takes what is new, and beyond the budgets its flows stay held and unasked until there is room again.
import { CodedError } from "../../contract/errors.ts";
import type { App, Prompt } from "../../contract/words.ts";
import type { Asked } from "../enforced-policy.ts";
import type { PromptRows } from "../store/prompts.ts";
import { type Attempt, Card } from "./card.ts";
import { joins } from "./join.ts";

/** Cards of one app, those in the inbox included. What is new beyond them joins the newest. */
export const cardsPerApp = 16;
/** Flows of one app that wait at a time, and of all apps: each keeps a few kilobytes in this process. */
export const flowsPerApp = 1024;
export const flowsInAll = 16_384;
/** Of what there is in all, one person has no more than this part: nobody's apps keep another's from being asked about. */
const share = 1 / 4;
/** Cards in all: as many fit into one reply (maxReplyBytes) with the paths and commands that programs have. */
export const cardsInAll = 12_000;

/** As a prompt's process has it. */
type Person = Prompt["process"]["person"];

interface AppCards {
  /** Oldest first. */
  cards: Set<Card>;
  flows: number;
}

export interface PromptsParts {
  readonly rows: PromptRows;
  /** Hears of every new state of a card; null when it is gone. `person`: whose it is. */
  changed(prompt: Prompt | null, id: string, person: Person): void;
  /** Whether a flow is still held. */
  waits(flow: string): boolean;
  /** Why policy asks. */
  why(asked: Asked): Pick<Prompt, "rule" | "layer" | "reason" | "changed">;
}

export class Prompts {
  private readonly parts: PromptsParts;
  private readonly cards = new Map<string, Card>();
  private readonly byApp = new Map<string, AppCards>();
  private readonly byFlow = new Map<string, Card>();
  /** Cards and flows of each person, where people are told apart. */
  private readonly shares = new Map<Person, { cards: number; flows: number }>();
  /** Cards nobody waits for, in the order in which that came about. */
  private readonly inbox = new Set<Card>();
  /** Attempts that were not asked about because the budgets were used up. */
  unasked = 0;
  /** Questions that nobody waited for any more and that had to make room. */
  forgotten = 0;
  private madeRoom = false;

  /** Questions of an earlier run start in the inbox. */
  constructor(parts: PromptsParts) {
    this.parts = parts;
    for (const stored of parts.rows.all()) {
      // Who asked is gone with the helper that could tell: nobody could answer it any more. What is still held asks anew.
      if (isCertain(stored.app)) this.insert(new Card(stored, Number.NEGATIVE_INFINITY));
      else parts.rows.remove(stored.id);
    }
  }

  list(): Prompt[] {
    return [...this.cards.values()].map((card) => this.view(card));
  }

  private view(card: Card): Prompt {
    const { view } = card;
    const { app, direction, endpoint, process } = view;
    return { ...view, ...this.parts.why({ app, direction, endpoint, user: process.uid }) };
  }

  get count(): number {
    return this.cards.size;
  }

  /** How many there are of the people that the test is true of. */
  countOf(test: (person: Person) => boolean): number {
    return [...this.shares].reduce((sum, [person, { cards }]) => sum + (test(person) ? cards : 0), 0);
  }

  get(id: string): Prompt | undefined {
    return this.cards.get(id)?.view;
  }

  /** Errors: unknown_prompt. `flows`: what an answer to this card decides. */
  find(id: string): { prompt: Prompt; flows: string[] } {
    const card = this.cards.get(id);
    if (card === undefined) throw new CodedError("unknown_prompt", id);
    return { prompt: card.view, flows: card.flows };
  }

  /** Whether somebody is asked about the flow. */
  isAsked(flow: string): boolean {
    return this.byFlow.has(flow);
  }

  /** Cards like this one that have no other flow waiting than these. */
  coveredBy(asked: Pick<Prompt, "app" | "direction" | "process">, flows: ReadonlySet<string>): string[] {
    return [...(this.byApp.get(nameOf(asked))?.cards ?? [])]
      .filter((card) => card.flows.length > 0 && card.flows.every((flow) => flows.has(flow)))
      .map((card) => card.stored.id);
  }

  /** Opens a card or joins one. False when the budgets are used up: nobody is asked about the flow. */
  ask(attempt: Attempt): boolean {
    const { flow } = attempt;
    if (this.byFlow.has(flow)) this.flowEnded(flow);
    const own = this.byApp.get(nameOf(attempt));
    const { person } = attempt.process;
    const mostFlows = person === undefined ? flowsInAll : flowsInAll * share;
    if (this.byFlow.size >= flowsInAll || this.shareOf(person).flows >= mostFlows) return this.refuse();
    if ((own?.flows ?? 0) >= flowsPerApp) return this.refuse();
    let card = own && this.cardFor(own, attempt);
    if (card) {
      this.inbox.delete(card);
      this.forgotten += card.add(attempt);
    } else {
      if (!this.makeRoom(person)) return this.refuse();
      card = this.open(attempt);
    }
    this.byFlow.set(flow, card);
    this.appOf(attempt).flows++;
    this.shareOf(person).flows++;
    this.write(card);
    return true;
  }

  private cardFor({ cards }: AppCards, attempt: Attempt): Card | undefined {
    let newest: Card | undefined;
    for (const card of cards) {
      if (joins(card.stored, card.lastAttempt, attempt)) return card;
      newest = card;
    }
    return cards.size < cardsPerApp ? undefined : newest;
  }

  private refuse(): false {
    this.unasked++;
    this.madeRoom = false;
    return false;
  }

  private shareOf(person: Person): { cards: number; flows: number } {
    let own = this.shares.get(person);
    if (own === undefined) {
      own = { cards: 0, flows: 0 };
      this.shares.set(person, own);
    }
    return own;
  }

  /** A question that somebody waits for is worth more than the oldest of the same person that nobody does. */
  private makeRoom(person: Person): boolean {
    const most = person === undefined ? cardsInAll : cardsInAll * share;
    if (this.cards.size < cardsInAll && this.shareOf(person).cards < most) return true;
    const oldest = [...this.inbox].find(({ stored }) => stored.process.person === person);
    if (oldest === undefined) return false;
    this.forgotten++;
    this.close(oldest.stored.id);
    return true;
  }

  private open(attempt: Attempt): Card {
    const { app, direction, process, at } = attempt;
    const opened = new Date().toISOString();
    const stored = {
      id: this.parts.rows.nextId(),
      app,
      direction,
      process,
      attempts: attempt.resumed ? 1 : 0,
      opened,
      last: opened,
      endpoints: [],
    };
    const card = new Card(stored, at);
    card.add(attempt);
    this.insert(card);
    this.inbox.delete(card);
    return card;
  }

  private insert(card: Card): void {
    this.cards.set(card.stored.id, card);
    this.shareOf(card.stored.process.person).cards++;
    this.appOf(card.stored).cards.add(card);
    this.inbox.add(card);
  }

  private appOf(asked: Pick<Prompt, "app" | "direction" | "process">): AppCards {
    let own = this.byApp.get(nameOf(asked));
    if (own === undefined) {
      own = { cards: new Set(), flows: 0 };
      this.byApp.set(nameOf(asked), own);
    }
    return own;
  }

  private write(card: Card): void {
    this.parts.rows.write(card.stored);
    this.tell(card);
  }

  private tell(card: Card): void {
    this.parts.changed(this.view(card), card.stored.id, card.stored.process.person);
  }

  /** The attempt is dead: when it was the card's last, the card moves to the inbox. */
  flowEnded(flow: string): void {
    const card = this.byFlow.get(flow);
    if (card === undefined) return;
    this.forget(card, [flow]);
    const { stored } = card;
    this.forgotten += card.remove(flow);
    if (!card.isHeld) {
      this.inbox.add(card);
      // Nobody could answer it any more: neither `once`, nor with a rule for a program that nobody can name.
      if (!isCertain(stored.app)) {
        this.close(stored.id);
        return;
      }
    }
    if (card.stored === stored) this.tell(card);
    else this.write(card);
  }

  private forget(card: Card, flows: readonly string[]): void {
    for (const flow of flows) this.byFlow.delete(flow);
    this.appOf(card.stored).flows -= flows.length;
    this.shareOf(card.stored.process.person).flows -= flows.length;
    if (flows.length > 0) this.madeRoom = true;
  }

  /** Whether flows that nobody was asked about could be asked about now. Says so once. */
  get roomForMore(): boolean {
    const room = this.unasked > 0 && this.madeRoom;
    this.madeRoom = false;
    return room;
  }

  /** Takes endpoints that policy answers by now off every card; a card without any left is settled. Returns the settled ids. */
  settle(isAnswered: (asked: Asked) => boolean): string[] {
    const settled: string[] = [];
    for (const card of [...this.cards.values()]) {
      const { id, app, direction, endpoints, process } = card.stored;
      const open = endpoints.filter((endpoint) => !isAnswered({ app, direction, endpoint, user: process.uid }));
      if (open.length === endpoints.length) continue;
      if (open.length === 0) {
        settled.push(id);
        this.close(id);
        continue;
      }
      this.forget(card, card.narrow(open));
      if (!card.isHeld) this.inbox.add(card);
      this.write(card);
    }
    return settled;
  }

  /** Removes answered cards from the disk, as part of the transaction that commits their answer. */
  strike(ids: readonly string[]): void {
    for (const id of ids) this.parts.rows.remove(id);
  }

  /** Removes a card that was answered. What waits in line behind it is asked about anew. */
  close(id: string): void {
    const card = this.cards.get(id);
    if (card === undefined) return;
    const line = [...card.line.values()];
    this.forget(card, [...card.flows, ...card.line.keys()]);
    this.cards.delete(id);
    this.shareOf(card.stored.process.person).cards--;
    this.inbox.delete(card);
    const own = this.appOf(card.stored);
    own.cards.delete(card);
    if (own.cards.size === 0) this.byApp.delete(nameOf(card.stored));
    this.parts.rows.remove(id);
    this.parts.changed(null, id, card.stored.process.person);
    for (const attempt of line) if (this.parts.waits(attempt.flow)) this.ask(attempt);
  }

  /** Questions that are not on the disk. */
  get unsaved(): number {
    return this.parts.rows.unsaved;
  }

  /** Writes what is not written yet. */
  flush(): void {
    this.parts.rows.flush();
  }
}

/**
 * Cards of one app and one direction share a budget: strangers that call must not use up what the app itself may ask. One person's questions
 * are nobody else's, and what runs as another user is asked about on a card of its own.
 */
function nameOf({ app, direction, process: { person, uid } }: Pick<Prompt, "app" | "direction" | "process">): string {
  return `${direction} ${person === undefined ? "" : `${person} ${uid}`} ${app.path}`;
}

/** Whether the app's path is one: what is in brackets is only what little is known. */
export function isCertain(app: App): boolean {
  return app.path.startsWith("/");
}
