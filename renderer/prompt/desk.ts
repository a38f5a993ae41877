// Which question lies on the desk. Arrivals never replace the card in use; a card whose attempt died stays until it is put away. While the
// desktop is quiet nothing does by itself; what came meanwhile is told in one summary afterwards. Pure.
import type { Attention } from "../../contract/bridge.ts";
import type { Prompt } from "../../contract/words.ts";

export type Quiet = NonNullable<Attention["quiet"]>;

export type Desk = {
  /** The card in use. */
  card: string | null;
  /** Open questions the person does not want to see now. They stay open. */
  aside: ReadonlySet<string>;
  /** A quiet time is over in which somebody asked: its summary comes before any card. */
  back: Quiet | null;
  /** The person asked for the questions while it was quiet: they come, until none is left. */
  called: boolean;
};

export const emptyDesk: Desk = { card: null, aside: new Set(), back: null, called: false };

/** What there is to lie on it. */
export type Stack = {
  /** In order. */
  held: readonly Prompt[];
  /** Inbox items too. */
  known: ReadonlyMap<string, Prompt>;
  attention: Attention;
};

export function settleDesk(desk: Desk, { held, known, attention }: Stack): Desk {
  const aside = new Set([...desk.aside].filter((id) => known.get(id)?.state === "held"));
  const back = desk.back && missed(known.values(), desk.back).length > 0 ? desk.back : null;
  // Whoever asks sits there; behind a lock nobody does.
  const called = desk.called && attention.quiet !== null && attention.quiet.why !== "locked";
  if ((attention.quiet !== null && !called) || back !== null) return { card: null, aside, back, called: false };
  const snoozed = new Set(attention.snoozed.map(({ app }) => app));
  const isBarred = ({ id, app }: Prompt): boolean => aside.has(id) || snoozed.has(app.path);
  const inUse = desk.card === null ? undefined : known.get(desk.card);
  const kept = inUse && !snoozed.has(inUse.app.path) ? inUse : undefined;
  const card = (kept ?? held.find((prompt) => !isBarred(prompt)))?.id ?? null;
  return { card, aside, back, called: called && card !== null };
}

/** The card goes aside; the next one, if any, takes its place. */
export function putCardAside(desk: Desk, stack: Stack): Desk {
  const aside = desk.card === null ? desk.aside : new Set([...desk.aside, desk.card]);
  return settleDesk({ ...desk, card: null, aside, back: null }, stack);
}

export function putAllAside(_: Desk, { held }: Stack): Desk {
  return { card: null, aside: new Set(held.map((prompt) => prompt.id)), back: null, called: false };
}

/** The person asked: everything held comes back, the card in use stays. */
export function takeUp(desk: Desk, stack: Stack): Desk {
  return settleDesk({ card: desk.card, aside: new Set(), back: null, called: true }, stack);
}

/** The snoozed apps whose questions are all that waits: whoever asks for questions means those. */
export function sleepers({ held, attention }: Stack): string[] {
  const snoozed = new Set(attention.snoozed.map(({ app }) => app));
  const apps = [...new Set(held.map(({ app }) => app.path))];
  return apps.every((app) => snoozed.has(app)) ? apps : [];
}

/** The desktop became quiet, or is it no more. */
export function heed(before: Attention, desk: Desk, stack: Stack): Desk {
  const { quiet } = stack.attention;
  // Quiet again before the summary was read: it goes on from where it began.
  if (quiet !== null) return settleDesk({ ...desk, called: desk.called && before.quiet !== null }, stack);
  // Whoever looks at what came meanwhile needs no summary of it.
  return settleDesk({ ...desk, back: desk.called ? null : (desk.back ?? before.quiet) }, stack);
}

/** Held questions that will lie on the desk after the card in use. */
function others(desk: Desk, { held, attention }: Stack): Prompt[] {
  const snoozed = new Set(attention.snoozed.map(({ app }) => app));
  return held.filter(({ id, app }) => !desk.aside.has(id) && id !== desk.card && !snoozed.has(app.path));
}

/** How many apps are before the person, that of the card in use included: one answer for the whole app is one card, however much it asks. */
export function queueLength(desk: Desk, stack: Stack): number {
  const inUse = desk.card === null ? undefined : stack.known.get(desk.card);
  return new Set([...others(desk, stack), ...(inUse ? [inUse] : [])].map(({ app }) => app.path)).size;
}

/** How many more questions of the card's app there are. */
export function siblings(desk: Desk, stack: Stack): number {
  const path = desk.card === null ? undefined : stack.known.get(desk.card)?.app.path;
  return others(desk, stack).filter(({ app }) => app.path === path).length;
}

/** The questions that were asked, or asked again, since then. */
export function missed(prompts: Iterable<Prompt>, { since }: Quiet): Prompt[] {
  return [...prompts].filter(({ opened, last }) => (last ?? opened) >= since);
}
