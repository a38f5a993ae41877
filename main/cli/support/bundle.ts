// What goes into a support bundle, and as what. Pure: the names in it are placeholders unless a person said otherwise.
import type { Blocklist } from "../../../contract/blocklists.ts";
import type { Flow, Profile, Prompt, Rule, Status } from "../../../contract/words.ts";
import type { Finding } from "../doctor/finding.ts";
import type { Kind, Placeholders } from "./placeholders.ts";

export interface Material {
  readonly made: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
  /** What the helper told; null without one. */
  readonly told: {
    readonly status: Status;
    readonly rules: readonly Rule[];
    readonly prompts: readonly Prompt[];
    readonly flows: readonly Flow[];
    readonly blocklists: readonly Blocklist[];
    readonly profiles: readonly Profile[];
  } | null;
  /** Lines of the helper's journal, oldest first, or why there are none. */
  readonly journal: readonly string[] | string;
  /** Names of people and of this computer. */
  readonly people: readonly string[];
}

/** Flows that are told one by one: what went on lately. */
const mostFlows = 200;

export function bundleOf(material: Material, names: Placeholders | null): unknown {
  const whole = names === null ? plainly(material) : hidden(material, names);
  return {
    format: "picket support bundle",
    version: 1,
    names: names === null ? "as they are" : "placeholders",
    ...whole,
  };
}

function plainly({ made, versions, findings, told, journal }: Material) {
  const helper =
    told === null
      ? null
      : { status: told.status, counts: countsOf(told), flows: told.flows.slice(0, mostFlows).map(flowOf) };
  return { made, versions, doctor: findings, helper, journal: journalOf(journal) };
}

function hidden(material: Material, names: Placeholders) {
  learn(material, names);
  const { made, versions, ...rest } = plainly(material);
  const { helper } = rest;
  const guarded = helper?.status.guarded.map((path) => names.guard(path));
  const journal = withoutNames(rest.journal, "message", names);
  const shown = {
    ...rest,
    journal,
    helper: helper === null ? null : { ...helper, status: { ...helper.status, guarded } },
  };
  return { made, versions, ...(names.scrubAll(shown) as object) };
}

/** What the helper's log has no names in, or none that do not look like one. Anything else may be a name that only this line knows. */
const plain = new Set(
  "time level message error code because lifetime verdict instance pins setting locked file folder".split(" "),
);
const kinds: Readonly<Record<string, Kind>> = {
  app: "app",
  path: "path",
  host: "host",
  address: "address",
  profile: "name",
  list: "name",
};

function withoutNames(value: unknown, key: string, names: Placeholders): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutNames(each, key, names));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutNames(each, name, names)]));
  if (typeof value !== "string" || plain.has(key)) return value;
  if (key === "guard" || key === "guarded") return names.guard(value);
  return names.of(kinds[key] ?? "text", value);
}

/** Degradations that say of which guards, processes or lists, after a colon. */
const naming = new Set(["guardWaits", "guardFailed", "guardUnknown", "packetSockets", "outsideSockets", "blocklists"]);

/** Every name that is known to be one, so that it is found in any text. */
function learn({ told, people }: Material, names: Placeholders): void {
  for (const each of people) names.of("user", each);
  if (told === null) return;
  const app = (path: string | null | undefined) => void (path && names.of("app", path));
  const host = (name: string | null | undefined) => void (name && names.of("host", name));
  const address = (text: string | null | undefined) => void (text && names.of("address", text));
  for (const { app: path, via, host: name, domain, address: range, note, source } of told.rules) {
    app(path);
    app(via);
    host(name);
    host(domain);
    address(range);
    if (note) names.of("text", note);
    if (source) names.of("text", source);
  }
  for (const { app: asker, endpoints, domain, process } of told.prompts) {
    app(asker.path);
    app(asker.via);
    names.of("app", asker.name);
    names.of("name", process.command);
    host(domain);
    for (const each of endpoints) for (const { name } of [...(each.names ?? []), { name: each.host }]) host(name);
    for (const each of endpoints) address(each.address);
  }
  for (const { app: asker, endpoint } of told.flows) {
    app(asker.path);
    app(asker.via);
    names.of("app", asker.name);
    if (asker.packaging) names.of("name", asker.packaging.id);
    if (asker.package) names.of("name", asker.package.name);
    host(endpoint.host);
    for (const { name } of endpoint.names ?? []) host(name);
    address(endpoint.address);
  }
  for (const { name, url } of told.blocklists) {
    names.of("name", name);
    if (url !== null) names.of("text", url);
  }
  for (const { code, message } of told.status.degraded)
    if (naming.has(code)) names.of("text", message.slice(message.indexOf(": ") + 2));
  for (const { name, ssid, gateway } of told.profiles) {
    names.of("name", name);
    if (ssid !== null) names.of("name", ssid);
    address(gateway);
  }
}

function flowOf({ time, app, direction, endpoint, user, verdict, rule, layer, reason, live }: Flow) {
  const { host, address, port, protocol } = endpoint;
  return {
    time,
    app: app.path,
    direction,
    host,
    address,
    port,
    protocol,
    user: user === 0 ? "root" : "somebody",
    verdict,
    rule,
    layer,
    reason,
    live,
  };
}

function countsOf({ rules, prompts, flows, blocklists, profiles }: NonNullable<Material["told"]>) {
  return {
    rules: tally(
      rules.map(
        ({ origin, action, lifetime, enabled }) => `${origin} ${action} ${lifetime}${enabled ? "" : " disabled"}`,
      ),
    ),
    hints: tally(rules.flatMap(({ hints }) => (hints ?? []).map(({ kind }) => kind))),
    prompts: tally(prompts.map(({ state }) => state)),
    flows: tally(flows.map(({ verdict, layer }) => `${verdict} ${layer}`)),
    blocklists: blocklists.map(({ enabled, hosts, domains, addresses, hits, error, busy }) => ({
      enabled,
      hosts,
      domains,
      addresses,
      hits,
      error: error?.code ?? null,
      busy,
    })),
    profiles: profiles.length,
  };
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Our own lines are objects; whatever else is there stays text. */
function journalOf(journal: Material["journal"]): unknown {
  if (typeof journal === "string") return journal;
  return journal.map((line) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      return line;
    }
  });
}
