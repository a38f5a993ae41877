// Which question lies on the desk. Arrivals never replace the card in use; a card whose attempt died stays until it is put away. Pure.
import type { Prompt } from "../../contract/words.ts";

export type Desk = {
  /** The card in use. */
  card: string | null;
  /** Open questions the person does not want to see now. They stay open. */
  aside: ReadonlySet<string>;
};

export const emptyDesk: Desk = { card: null, aside: new Set() };

/** `held` is in order, `known` has inbox items too. */
export function settleDesk(desk: Desk, held: readonly Prompt[], known: ReadonlyMap<string, Prompt>): Desk {
  const aside = new Set([...desk.aside].filter((id) => known.get(id)?.state === "held"));
  const kept = desk.card !== null && known.has(desk.card) ? desk.card : null;
  return { card: kept ?? held.find((prompt) => !aside.has(prompt.id))?.id ?? null, aside };
}

/** The card goes aside; the next one, if any, takes its place. */
export function putCardAside(desk: Desk, held: readonly Prompt[], known: ReadonlyMap<string, Prompt>): Desk {
  const aside = desk.card === null ? desk.aside : new Set([...desk.aside, desk.card]);
  return settleDesk({ card: null, aside }, held, known);
}

export function putAllAside(held: readonly Prompt[]): Desk {
  return { card: null, aside: new Set(held.map((prompt) => prompt.id)) };
}

/** Everything held comes back, the card in use stays. */
export function takeUp(desk: Desk, held: readonly Prompt[], known: ReadonlyMap<string, Prompt>): Desk {
  return settleDesk({ card: desk.card, aside: new Set() }, held, known);
}

/** How many questions are before the person, the card in use included. */
export function queueLength(desk: Desk, held: readonly Prompt[]): number {
  const others = held.filter((prompt) => !desk.aside.has(prompt.id) && prompt.id !== desk.card).length;
  return others + (desk.card === null ? 0 : 1);
}
