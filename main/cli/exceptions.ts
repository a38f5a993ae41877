// `picket blocklists except`: allow in spite of blocklists. A rule as narrow as what the lists have, so that it decides before them and
// before nothing else.
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { CodedError } from "../../contract/errors.ts";
import { portionsOf } from "../../contract/rules-at-once.ts";
import type { Flow, Rule } from "../../contract/words.ts";
import type { HelperClient } from "../client/client.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { appPath } from "./rule-words.ts";
import { printable, printableJson, table } from "./table.ts";
import { parseWords, takeNoMore, UsageError } from "./usage.ts";

/** By which exceptions are known; the helper notes the same. */
const note = "An exception to blocklists.";

export async function except(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    app: { type: "string" },
    remove: { type: "boolean" },
    json: { type: "boolean" },
  });
  const [place, ...rest] = positionals;
  takeNoMore(rest);
  const app = values.app === undefined ? null : appPath(values.app);
  if (place === undefined) {
    if (values.remove || app !== null) throw new UsageError("blocklists except needs a HOST or an ADDRESS for that");
    return list(values.json);
  }
  const wanted = placeFrom(place);
  const rules = await changing("blocklists", (helper) =>
    values.remove ? remove(helper, wanted, app) : add(helper, wanted, app),
  );
  if (values.json) process.stdout.write(`${printableJson(rules, 2)}\n`);
  else
    for (const rule of rules)
      process.stdout.write(`${printable(`${values.remove ? "removed" : "added"} rule ${rule.id}: ${textOf(rule)}`)}\n`);
  return 0;
}

/** In the form that rules and flows have: names as they travel ("xn--…"), IPv6 in its short form. */
function placeFrom(given: string): string {
  if (given.includes("/")) throw new UsageError(`an exception is for a HOST or a single ADDRESS, not "${given}"`);
  if (isIP(given) === 6 && !given.includes("%")) return new URL(`http://[${given}]/`).hostname.slice(1, -1);
  const name = given.toLowerCase().replace(/\.$/, "");
  return domainToASCII(name) || name;
}

const textOf = ({ host, address, app }: Rule) =>
  `allow ${host ?? address ?? ""} for ${app ?? "every app"} in spite of blocklists`;
const isException = (rule: Rule) => rule.action === "allow" && rule.note === note;

async function list(json: boolean | undefined): Promise<number> {
  const rules = (await withHelper("blocklists", (helper) => helper.call("rules.list", {}))).filter(isException);
  const rows = rules.map(({ id, enabled, host, address, app }) => [
    id,
    enabled ? "yes" : "no",
    host ?? address ?? "",
    app ?? "every app",
  ]);
  process.stdout.write(
    json ? `${printableJson(rules, 2)}\n` : table(["RULE", "ON", "TO", "APP"], rows, "no exceptions"),
  );
  return 0;
}

/** Where an app was blocked lately, all that lists have of it: aliases and its address as well. Errors: not_listed. */
async function add(helper: HelperClient, place: string, app: string | null): Promise<Rule[]> {
  const flows = await helper.call("flows.list", { limit: 5000 });
  const blocked = flows.find((flow) => isBlockedAt(flow, place) && (app === null || flow.app.path === app));
  if (blocked !== undefined)
    return (await helper.call("rules.except", { flow: blocked.id, everybody: app === null })).rules;
  const where = isIP(place) === 0 ? { host: place } : { address: place };
  // Any app will do: an exception for what no list has would be a wider rule than it says.
  const { layer } = await helper.call("explain", { app: app ?? "/nobody", port: 443, ...where });
  if (layer !== "blocklist") throw new CodedError("not_listed", place);
  return [await helper.call("rules.add", { app, action: "allow", ...where, note })];
}

function isBlockedAt({ layer, verdict, endpoint }: Flow, place: string): boolean {
  return verdict === "block" && layer === "blocklist" && (endpoint.host === place || endpoint.address === place);
}

/** Errors: unknown_rule, where there is none. */
async function remove(helper: HelperClient, place: string, app: string | null): Promise<Rule[]> {
  const rules = (await helper.call("rules.list", {})).filter(
    (rule) =>
      isException(rule) && (rule.host === place || rule.address === place) && (app === null || rule.app === app),
  );
  if (rules.length === 0) throw new CodedError("unknown_rule", `no exception for ${place}`);
  for (const portion of portionsOf(rules)) await helper.call("rules.remove", { ids: portion.map(({ id }) => id) });
  return rules;
}
