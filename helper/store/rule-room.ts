// How many rules there may be: as many as one answer can tell of, with all that is said of each. With more, neither window nor command line
// could be told of any, and nobody could remove one.
import { CodedError } from "../../contract/errors.ts";
import { ruleBytes, rulesBytes } from "../../contract/rules-file.ts";
import type { RuleRow } from "./rules.ts";

/** Rules for the processes of one user leave the rest to everybody else. */
const ofOneUser = 0.75 * rulesBytes;

export interface Weighed {
  readonly user: number | null;
  readonly weight: number;
}

/** As it is told: a character of a text may become six. */
export function weigh({ user, app, via, address, host, domain, zone, profile, note, source }: RuleRow): Weighed {
  const texts = JSON.stringify([app, via, address, host, domain, zone, profile, note, source]);
  return { user, weight: ruleBytes + Buffer.byteLength(texts) };
}

/** A rule before and after a change; undefined: there was none, or there is none. */
export type Move = readonly [before: Weighed | undefined, now: Weighed | undefined];

export class RuleRoom {
  /** By user; null: rules that are for everybody. */
  private readonly taken = new Map<number | null, number>();

  note(move: Move): void {
    addUp([move], this.taken);
  }

  /** Whether a change would leave too much behind; never one that leaves no more than there was. Errors: too_many_rules. */
  check(moves: Iterable<Move>): void {
    const more = addUp(moves, new Map());
    const isFull = (grown: number, before: number, most: number) => grown > 0 && before + grown > most;
    for (const [user, grown] of more)
      if (user !== null && isFull(grown, this.taken.get(user) ?? 0, ofOneUser)) throw new CodedError("too_many_rules");
    if (isFull(sum(more), sum(this.taken), rulesBytes)) throw new CodedError("too_many_rules");
  }
}

function addUp(moves: Iterable<Move>, weights: Map<number | null, number>): Map<number | null, number> {
  const add = ({ user, weight }: Weighed, sign: 1 | -1) => weights.set(user, (weights.get(user) ?? 0) + sign * weight);
  for (const [before, now] of moves) {
    if (before !== undefined) add(before, -1);
    if (now !== undefined) add(now, 1);
  }
  return weights;
}

function sum(weights: ReadonlyMap<number | null, number>): number {
  let all = 0;
  for (const weight of weights.values()) all += weight;
  return all;
}
