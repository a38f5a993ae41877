// A person's words made a rule that can be stored: canonical, and without parts that contradict one another. Pure.
import { splitAppPath } from "../contract/app-path.ts";
import { CodedError } from "../contract/errors.ts";
import type { ParsedParams } from "../contract/methods.ts";
import { isInterpreter } from "./identity/interpreters.ts";
import { formatPrefix, parsePrefix } from "./policy/address.ts";
import { writtenName } from "./policy/host-name.ts";
import type { NewRule } from "./store/rules.ts";

function canonicalAddress(given: string | null): string | null {
  if (given === null) return null;
  const prefix = parsePrefix(given);
  if (prefix === null) throw new CodedError("bad_address", given);
  return formatPrefix(prefix);
}

/** Why it is no host's name, for whoever meant something else by it. */
function otherThanName(given: string): string {
  if (parsePrefix(given) !== null) return `${given} is an address`;
  if (given.startsWith("*.")) return `${given}: a domain stands for itself and every host in it`;
  return given;
}

function canonicalName(given: string | null): string | null {
  if (given === null) return null;
  const name = writtenName(given.trim());
  if (name === null) throw new CodedError("bad_name", otherThanName(given.trim()));
  return name;
}

/** "*.example.org", as rules are listed, and ".example.org" are example.org: a domain has every host in it anyway. */
function canonicalDomain(given: string | null): string | null {
  return canonicalName(given?.trim().replace(/^\*?\.(?=.)/, "") ?? null);
}

/** Errors: bad_address, bad_name, bad_matcher, interpreter_alone. */
export function canonicalRule(given: ParsedParams<"rules.add">): NewRule {
  const rule = {
    ...given,
    address: canonicalAddress(given.address),
    host: canonicalName(given.host),
    domain: canonicalDomain(given.domain),
  };
  const destinations = [rule.address, rule.host, rule.domain, rule.zone].filter((each) => each !== null);
  if (destinations.length > 1) throw new CodedError("bad_matcher", "more than one destination");
  if (rule.via !== null && rule.app === null) throw new CodedError("bad_matcher", "via needs an app");
  if (rule.portTo !== null && (rule.port === null || rule.portTo <= rule.port))
    throw new CodedError("bad_matcher", "a range of ports ends above where it begins");
  for (const path of [rule.app, rule.via]) {
    const app = path === null ? null : splitAppPath(path);
    // It would match nothing, and a person would believe in it.
    if (app?.script === null && isInterpreter(app.executable))
      throw new CodedError("interpreter_alone", app.executable);
  }
  return rule;
}
