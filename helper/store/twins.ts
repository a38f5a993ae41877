// Rules with an identical matcher: of one origin there is never more than one that is permanent and one that is temporary.
import type { Matcher, Origin } from "../../contract/words.ts";
import { prepared, type Store } from "./database.ts";
import type { NewRule, RuleRow } from "./rules.ts";

/** Matches whatever nothing else matches: what a narrower matcher is made of. */
export const anyMatcher: Matcher = {
  app: null,
  via: null,
  user: null,
  address: null,
  host: null,
  domain: null,
  zone: null,
  port: null,
  portTo: null,
  protocol: null,
  direction: "both",
  profile: null,
};

/** The rule that one with an identical matcher takes the place of. */
export function twinOf(store: Store, rule: NewRule, origin: Origin): RuleRow | undefined {
  // Written like the index rules_matcher, or every rule there is would be read.
  return prepared(
    store,
    `SELECT * FROM rules WHERE origin = @origin AND coalesce(app, '') = coalesce(@app, '')
         AND coalesce(via, '') = coalesce(@via, '') AND coalesce(user, -1) = coalesce(@user, -1)
         AND coalesce(address, '') = coalesce(@address, '') AND coalesce(host, '') = coalesce(@host, '')
         AND coalesce(domain, '') = coalesce(@domain, '') AND coalesce(zone, '') = coalesce(@zone, '')
         AND coalesce(port, -1) = coalesce(@port, -1) AND coalesce(portTo, -1) = coalesce(@portTo, -1)
         AND coalesce(protocol, '') = coalesce(@protocol, '') AND direction = @direction
         AND coalesce(profile, '') = coalesce(@profile, '') AND (lifetime = 'forever') = (@lifetime = 'forever')`,
  ).get({ ...rule, origin }) as RuleRow | undefined;
}
