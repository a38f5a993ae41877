// Proposals by app and as sentences. Pure.
import type { Proposal, Rule } from "../../../contract/words.ts";
import { ruleDestination } from "../../sentence.ts";
import { text } from "../../text.ts";

/** As rules.add, learn.accept and learn.forget take them at once. */
const mostIds = 2000;

export type AppProposals = { app: string; proposals: readonly Proposal[]; count: number };

/** The app that was seen most first, and so within each. */
export function byApp(proposals: readonly Proposal[]): AppProposals[] {
  return [...Map.groupBy(proposals, ({ app }) => app)]
    .map(([app, own]) => ({ app, proposals: own, count: own.reduce((sum, { count }) => sum + count, 0) }))
    .sort((a, b) => b.count - a.count || (a.app < b.app ? -1 : 1));
}

/** "may connect to any host of example.org": what its rule will say after the app's name. */
export function proposalWords({ direction, domain, address, port, protocol }: Proposal): string {
  const any = { host: null, zone: null, portTo: null, via: null, user: null, profile: null };
  const rule: Omit<Rule, "app" | "id" | "action" | "lifetime" | "expires" | "enabled" | "origin" | "note" | "created"> =
    {
      ...any,
      direction,
      domain,
      address,
      port,
      protocol,
    };
  return `${text.rules.may[direction].allow} ${ruleDestination(rule)}`;
}

export function inPieces(proposals: readonly Proposal[]): string[][] {
  const ids = proposals.map(({ id }) => id);
  return Array.from({ length: Math.ceil(ids.length / mostIds) }, (_, at) =>
    ids.slice(at * mostIds, (at + 1) * mostIds),
  );
}
