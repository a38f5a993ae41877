// Learning: what the mode lets through is noted, and becomes proposals of rules when a person wants to see them.
import { createHash } from "node:crypto";
import * as v from "valibot";
import { CodedError } from "../contract/errors.ts";
import type { NewRuleParams, Result } from "../contract/methods.ts";
import type { Endpoint, Flow } from "../contract/words.ts";
import { log } from "./log.ts";
import type { Modes } from "./modes.ts";
import { type Made, proposalsOf, ruleOf, type Seen, type Sighting, sightingOf } from "./policy/proposals.ts";
import type { Store } from "./store/database.ts";
import { durably } from "./store/database.ts";
import { nobody, SeenRows, together } from "./store/seen.ts";
import type { Settings } from "./store/settings.ts";

/** What was noted reaches the disk so much later, milliseconds: a helper that is killed loses no more. */
const flushPace = 1000;
/** As much of one person's waits while nothing can be written: more than is kept of all. */
const mostWaiting = 10_000;

function nameOf({ app, direction, domain, address, port, protocol }: Sighting): string {
  const parts = JSON.stringify([app, direction, domain, address, port, protocol]);
  return createHash("sha256").update(parts).digest("hex").slice(0, 8);
}

export interface LearningParts {
  readonly store: Store;
  readonly settings: Settings;
  readonly modes: Pick<Modes, "situation">;
  /** Where people are told apart: whose is what was seen before they were. */
  readonly owner?: number | null;
  /** Makes rules in one change. */
  addRules(rules: readonly NewRuleParams[]): Result<"learn.accept">;
}

export class Learning {
  private readonly parts: LearningParts;
  private readonly rows: SeenRows;
  /** Flows that are noted, and as what: their endpoint gets a name later on. As many as flows are remembered. */
  private readonly noted = new Map<string, { endpoint: Endpoint; sighting: Sighting | null }>();
  /** By whose it is. */
  private readonly waiting = new Map<number, Map<string, Seen>>();
  private timer: NodeJS.Timeout | undefined;
  /** Whether there was no room for some of it. */
  private full = false;

  constructor(parts: LearningParts) {
    this.parts = parts;
    this.rows = new SeenRows(parts.store);
    // That one person was asked about everything then.
    if (parts.owner != null) this.rows.claim(parts.owner);
    if (parts.modes.situation.mode === "learn" && this.since === undefined) this.begin();
  }

  private get since(): number | undefined {
    return this.parts.settings.get("learningSince", v.number());
  }

  /** Anew: what was seen before is forgotten. */
  begin(): void {
    this.noted.clear();
    this.waiting.clear();
    durably(this.parts.store, () => {
      this.rows.clear();
      this.parts.settings.set("learningSince", Date.now());
    });
  }

  /** A flow is new, or has changed; null: it is forgotten. */
  note(flow: Flow | null, id: string): void {
    if (flow === null) {
      this.noted.delete(id);
      return;
    }
    if (flow.layer !== "mode" || flow.verdict !== "allow") return;
    const { mode, override } = this.parts.modes.situation;
    if (mode !== "learn" || override !== null) return;
    const known = this.noted.get(id);
    if (known?.endpoint === flow.endpoint) return;
    const sighting = sightingOf(flow);
    this.noted.set(id, { endpoint: flow.endpoint, sighting });
    if (known?.sighting) this.count(flow, known.sighting, -1);
    if (sighting) this.count(flow, sighting, 1);
  }

  private count({ person, user }: Flow, sighting: Sighting, by: number): void {
    // What runs as somebody else is no rule of theirs.
    const whose = person === undefined ? together : person === user ? user : nobody;
    const waiting = this.waiting.get(whose) ?? new Map<string, Seen>();
    this.waiting.set(whose, waiting);
    const name = JSON.stringify(Object.values(sighting));
    if (waiting.size >= mostWaiting && !waiting.has(name)) {
      this.giveUp();
      return;
    }
    const count = (waiting.get(name)?.count ?? 0) + by;
    waiting.set(name, { ...sighting, count, last: Date.now() });
    this.timer ??= setTimeout(() => this.flush(), flushPace).unref();
  }

  private giveUp(): void {
    if (!this.full) log("warn", "too much that was seen while learning waits to be saved: the rest is not noted");
    this.full = true;
  }

  /** Never throws: what cannot be written waits for the next time. */
  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.size === 0) return;
    try {
      for (const [person, waiting] of this.waiting) this.rows.add([...waiting.values()], person);
      this.waiting.clear();
      this.full = false;
    } catch (error) {
      log("error", "what was seen while learning could not be saved", { error: String(error) });
    }
  }

  close(): void {
    this.flush();
  }

  private made(person: number | null): Made[] {
    this.flush();
    return proposalsOf(this.rows.all(person), nameOf);
  }

  /** `person`: what was seen of this one's apps (uid); null: of all. */
  review(person: number | null): Result<"learn.review"> {
    const { since } = this;
    return {
      since: since === undefined ? null : new Date(since).toISOString(),
      proposals: this.made(person).map(({ proposal }) => proposal),
    };
  }

  /** The rules are for the person's processes; null: everybody's. Errors: unknown_proposal. */
  accept(ids: readonly string[], person: number | null): Result<"learn.accept"> {
    const chosen = this.chosen(ids, person);
    const result = this.parts.addRules(chosen.map(({ proposal }) => ({ ...ruleOf(proposal), user: person })));
    this.rows.remove(
      chosen.flatMap(({ of }) => of),
      person,
    );
    return result;
  }

  /** Errors: unknown_proposal. */
  forget(ids: readonly string[], person: number | null): Result<"learn.forget"> {
    const chosen = this.chosen(ids, person);
    this.rows.remove(
      chosen.flatMap(({ of }) => of),
      person,
    );
    return {};
  }

  private chosen(ids: readonly string[], person: number | null): Made[] {
    const made = new Map(this.made(person).map((each) => [each.proposal.id, each]));
    return [...new Set(ids)].map((id) => {
      const each = made.get(id);
      if (each === undefined) throw new CodedError("unknown_proposal", id);
      return each;
    });
  }
}
