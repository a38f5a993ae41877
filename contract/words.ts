// The shapes of Picket's vocabulary, as they cross the helper's socket. Words: docs/architecture.md.
import * as v from "valibot";
import { countryDataSchema, countrySchema } from "./history.ts";
import { ruleLifetimeSchema } from "./lifetime.ts";

const shortText = v.pipe(v.string(), v.maxLength(4096));

/**
 * An absolute path, followed by "/" and the absolute path of its script when the executable is an interpreter (contract/app-path.ts); or in
 * brackets what little is known of a program nobody can be sure of: it can be answered `once` only.
 */
const path = shortText;

/** ISO 8601, UTC, milliseconds: "2026-11-23T09:30:00.000Z". */
const time = v.pipe(v.string(), v.isoTimestamp());

/** A port number; 0 where the protocol has none (icmp, other). */
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535));

/**
 * Uid of the person whose login session caused it, whatever user the process runs as; null: nobody's, the machine's own. Absent where the
 * helper serves one owner and tells nobody apart.
 */
const person = v.optional(v.nullable(v.number()));

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));

export const protocolSchema = v.picklist(["tcp", "udp", "icmp", "other"]);
export type Protocol = v.InferOutput<typeof protocolSchema>;

/** What a rule prescribes. */
export const actionSchema = v.picklist(["allow", "block", "ask"]);
export type Action = v.InferOutput<typeof actionSchema>;

/** What a flow received so far. */
export const verdictSchema = v.picklist(["allow", "block", "held"]);
export type Verdict = v.InferOutput<typeof verdictSchema>;

/** Which part of the policy made a verdict. */
export const layerSchema = v.picklist(["lockdown", "rule", "blocklist", "factory", "mode", "answer"]);
export type Layer = v.InferOutput<typeof layerSchema>;

export const modeSchema = v.picklist(["ask", "learn", "allow", "block"]);
export type Mode = v.InferOutput<typeof modeSchema>;

/** Who started it: the app (outbound) or somebody at its listening port (inbound). */
export const directionSchema = v.picklist(["outbound", "inbound"]);
export type Direction = v.InferOutput<typeof directionSchema>;

/** What a rule is about. */
export const ruleDirectionSchema = v.picklist(["outbound", "inbound", "both"]);
export type RuleDirection = v.InferOutput<typeof ruleDirectionSchema>;

/** How much an answer covers: what the card shows | every port of its host | every host of its registrable domain | everything. */
export const scopeSchema = v.picklist(["endpoint", "host", "domain", "any"]);
export type Scope = v.InferOutput<typeof scopeSchema>;

/** subscription: an entry of a blocklist, which can only block. */
export const originSchema = v.picklist(["person", "import", "subscription", "factory"]);
export type Origin = v.InferOutput<typeof originSchema>;

/**
 * Destinations named by role instead of by address. loopback: this computer; resolvers: where it looks names up; local: networks that the
 * internet does not route (private, link-local, multicast and broadcast addresses); internet: everything else.
 */
export const zoneSchema = v.picklist(["loopback", "resolvers", "local", "internet"]);
export type Zone = v.InferOutput<typeof zoneSchema>;

/**
 * How the app came to this machine or is run. `proven`: by the very file it runs, or by systemd on root's behalf. Otherwise it is what a
 * cgroup is called that the user's own processes could have made: a label to show, never a reason.
 */
export const packagingSchema = v.object({
  kind: v.picklist(["flatpak", "snap", "appimage", "unit", "scope"]),
  /** Flatpak or desktop application id, Snap name, an AppImage's file name, unit name. */
  id: shortText,
  proven: v.boolean(),
});
export type Packaging = v.InferOutput<typeof packagingSchema>;

/** The package of the system that owns the app's file: updates come from there. */
export const packageSchema = v.object({ manager: v.picklist(["dpkg", "rpm"]), name: shortText, version: shortText });
export type Package = v.InferOutput<typeof packageSchema>;

/**
 * `verified`: root alone can have put the program where it is. Name and icon are those of a root-owned desktop entry for it, or the name is
 * its file's. Otherwise `name` is the path.
 */
export const appSchema = v.object({
  name: shortText,
  path,
  verified: v.boolean(),
  /** Icon name of the desktop entry (looked up by the window's side, never by the helper), or null. */
  icon: v.nullable(shortText),
  /** Absent or null where nothing is known. */
  packaging: v.optional(v.nullable(packagingSchema)),
  /** Absent or null where no package owns the file, or nobody knows. */
  package: v.optional(v.nullable(packageSchema)),
  /** The path it really runs from, where `path` stands for every version of it ("/opt/app-\*\/bin/app"). */
  file: v.optional(path),
  /** Which content its files had when it began, where only they themselves tell: for the helper to compare. */
  content: v.optional(shortText),
  /** The path of the app that started this process; null when a person did, or when nobody can be sure. No part of the app's identity. */
  via: v.nullable(path),
});
export type App = v.InferOutput<typeof appSchema>;

/** A host name in lower case, as it is looked up (IDNA's xn-- form), without a final dot. */
export const hostNameSchema = v.pipe(
  v.string(),
  v.maxLength(253),
  v.regex(/^(?!.*\.\.)[a-z0-9_-]([a-z0-9_.-]*[a-z0-9_])?$/, "not a host name"),
);

export function isHostName(text: string): boolean {
  return v.is(hostNameSchema, text);
}

/** Whose word a name is: the app's own look-up, the machine's resolver, or what the app wrote into the connection itself. */
export const nameSourceSchema = v.picklist(["query", "resolver", "sni", "quic"]);
export type NameSource = v.InferOutput<typeof nameSourceSchema>;

/**
 * `trusted`: an answer of a configured resolver says so. What the app itself wrote may block, and never allows. `ech`: it stands in the
 * clear for another one that the app encrypted (Encrypted ClientHello): which, nobody can tell.
 */
export const nameSchema = v.object({
  name: shortText,
  source: nameSourceSchema,
  trusted: v.boolean(),
  ech: v.optional(v.literal(true)),
});
export type Name = v.InferOutput<typeof nameSchema>;

/** A look-up past the configured resolvers: over TLS, QUIC or HTTPS, or plain. What the app learns there has no name here. */
export const bypassSchema = v.picklist(["dot", "doq", "doh", "dns"]);
export type Bypass = v.InferOutput<typeof bypassSchema>;

/**
 * `address` is the remote's, canonical text (RFC 5952 for IPv6); `host` is the name it goes by, null while none is known, and `names` are
 * all that are known when there are more or their source matters. `port` is the one that was
 * asked for: the remote's for outbound flows, the app's own for inbound ones.
 */
export const endpointSchema = v.object({
  host: v.nullable(shortText),
  address: v.pipe(v.string(), v.maxLength(45)),
  port,
  protocol: protocolSchema,
  names: v.optional(v.array(nameSchema)),
  /** Where the address is, by a data set that may err (status: `countries`); null for local addresses and where nobody knows. */
  country: v.optional(v.nullable(countrySchema)),
  /** Absent where it is none. A label, by port and a short list of resolvers: never a reason. */
  bypass: v.optional(bypassSchema),
});
export type Endpoint = v.InferOutput<typeof endpointSchema>;

/**
 * What a rule is about. Everything that is null is "any". At most one of `address`, `host`, `domain` and `zone` is set.
 */
export const matcherSchema = v.object({
  /** An interpreter's path alone is the interpreter running nothing, which is never certain: it matches no app. */
  app: v.nullable(path),
  /** Only when the app was started by this one. Needs `app`. */
  via: v.nullable(path),
  /** Only processes of this user (uid). */
  user: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xfffffffe))),
  /** Single address or CIDR range, canonical. */
  address: v.nullable(shortText),
  /** This host name alone. */
  host: v.nullable(hostNameSchema),
  /** This domain and every host under it. */
  domain: v.nullable(hostNameSchema),
  zone: v.nullable(zoneSchema),
  port: v.nullable(port),
  /** Last port of a range that begins with `port`; null for a single port. */
  portTo: v.nullable(port),
  protocol: v.nullable(protocolSchema),
  direction: ruleDirectionSchema,
  /** Only while this profile is the active one. */
  profile: v.nullable(shortText),
});
export type Matcher = v.InferOutput<typeof matcherSchema>;

/**
 * What makes a rule worth a look. shadowed: rule `by` comes first and decides all that this one matches. conflicting: so it does, with the
 * same matcher and another action. redundant: without this rule, `by` would decide the same way. unused: it decided nothing for a month.
 * Rules that are not unused could all go together without any verdict changing.
 */
export const hintSchema = v.object({
  kind: v.picklist(["shadowed", "conflicting", "redundant", "unused"]),
  by: v.nullable(shortText),
  /** One plain sentence. */
  why: shortText,
});
export type Hint = v.InferOutput<typeof hintSchema>;

export const ruleSchema = v.object({
  id: shortText,
  ...matcherSchema.entries,
  action: actionSchema,
  lifetime: ruleLifetimeSchema,
  /** When a length of time is over, by the clock of this moment; null for every other lifetime. */
  expires: v.nullable(time),
  enabled: v.boolean(),
  origin: originSchema,
  /** One sentence about why the rule is there; empty when nobody said. */
  note: shortText,
  created: time,
  /** Of an import: what it was read from. */
  source: v.optional(shortText),
  /** Only in answers to rules.list, as the two below: absent where there is nothing to say. */
  hints: v.optional(v.array(hintSchema)),
  /** When it decided last. */
  lastUsed: v.optional(time),
  /** Flows that it decided. */
  uses: v.optional(v.number()),
});
export type Rule = v.InferOutput<typeof ruleSchema>;

/**
 * The app's own rules would allow it, but what it runs is not what they were made for. `kind`: other content at the same place, or a
 * version of it at a new place. `since`: when the content was last known to be the allowed one. An answer for longer than once that allows it makes it known.
 */
export const changedSchema = v.object({ kind: v.picklist(["content", "version"]), since: time });
export type Changed = v.InferOutput<typeof changedSchema>;

export const promptStateSchema = v.picklist(["held", "inbox"]);

export const promptSchema = v.object({
  id: shortText,
  app: appSchema,
  direction: directionSchema,
  /** The first endpoint asked about. */
  endpoint: endpointSchema,
  /** Every endpoint that joined the card, the first included: v4/v6 and TCP/UDP twins of one attempt. */
  endpoints: v.array(endpointSchema),
  /** The registrable domain that all of them are in by trusted names; null where there is none: no answer can be for it. */
  domain: v.nullable(shortText),
  /** How many connection attempts joined, the first included. */
  attempts: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** held: at least one flow still waits for the answer. inbox: the attempt is dead, the question is not. */
  state: promptStateSchema,
  opened: time,
  /** When the newest attempt came; absent where that is not known. */
  last: v.optional(time),
  /** Attempts of the app to further destinations, for which the card has no room. They stay held and are asked about after it. */
  behind: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Why it is asked about the first endpoint, as `explain` says it: the rule that wants so, or null. */
  rule: v.optional(v.nullable(shortText)),
  layer: v.optional(layerSchema),
  reason: v.optional(shortText),
  /** Absent or null: the program is what it was, or has no rule that would allow it. */
  changed: v.optional(v.nullable(changedSchema)),
  /** The process that asked first, and the person (uid) whose login session caused it; `person` as in a flow. */
  process: v.object({ pid: v.number(), uid: v.number(), command: shortText, person }),
});
export type Prompt = v.InferOutput<typeof promptSchema>;

export const flowSchema = v.object({
  id: shortText,
  time,
  app: appSchema,
  direction: directionSchema,
  endpoint: endpointSchema,
  /** Uid of the process that made it. */
  user: v.number(),
  person,
  verdict: verdictSchema,
  /** The rule that decided, or null where none did. */
  rule: v.nullable(shortText),
  layer: layerSchema,
  /** One plain sentence. */
  reason: shortText,
  bytesIn: bytes,
  bytesOut: bytes,
  /** False once the connection or socket is gone. */
  live: v.boolean(),
});
export type Flow = v.InferOutput<typeof flowSchema>;

/** What came before every rule. lockdown: nothing leaves or enters, until it is switched off. pause: everything does, until `ends`. */
export const overrideSchema = v.object({ kind: v.picklist(["lockdown", "pause"]), ends: v.nullable(time) });

/** A change that takes itself back at `ends` unless it is confirmed. `what`: one short sentence. */
export const trialSchema = v.object({ what: shortText, ends: time });
export type Trial = v.InferOutput<typeof trialSchema>;

/** What stands around the rules. */
export const standingSchema = v.object({
  mode: modeSchema,
  override: v.nullable(overrideSchema),
  /** The active profile, null for none. */
  profile: v.nullable(shortText),
  /** Whether the network chooses the profile, by the conditions of each. */
  automatic: v.boolean(),
  trial: v.nullable(trialSchema),
});
export type Standing = v.InferOutput<typeof standingSchema>;

/** A set of rules that count together. Its conditions say in which network it is the active one; null: whichever. */
export const profileSchema = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** Name of the wireless network. */
  ssid: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(32))),
  /** Address of the router, canonical, or its hardware address ("52:54:00:12:34:56"), which is harder to meet by accident. */
  gateway: v.nullable(shortText),
  /** Whether a VPN has to be active, or must not be. */
  vpn: v.nullable(v.boolean()),
});
export type Profile = v.InferOutput<typeof profileSchema>;

/** The networks this computer is in at the moment, as NetworkManager tells them. */
export const networksSchema = v.object({
  ssids: v.array(shortText),
  /** `mac` is null while the kernel does not know it. */
  gateways: v.array(v.object({ address: shortText, mac: v.nullable(shortText) })),
  vpn: v.boolean(),
});
export type Networks = v.InferOutput<typeof networksSchema>;

/** A rule that would allow what was seen while Picket learned. Exactly one of `domain` and `address` is set, or neither: any. */
export const proposalSchema = v.object({
  id: shortText,
  app: path,
  direction: directionSchema,
  domain: v.nullable(shortText),
  address: v.nullable(shortText),
  port: v.nullable(port),
  protocol: v.nullable(protocolSchema),
  /** How many flows were seen, to how many endpoints (domains, or addresses and ports), and when last. */
  count: v.number(),
  endpoints: v.number(),
  last: time,
});
export type Proposal = v.InferOutput<typeof proposalSchema>;

export const degradedSchema = v.object({ code: shortText, message: shortText });
export type Degraded = v.InferOutput<typeof degradedSchema>;

/**
 * What an administrator may lock. rules: rules made and changed by hand; answers: answers that last longer than their app runs; mode: mode,
 * pause and lockdown; the others are what they are called.
 */
export const lockedSchema = v.picklist(["rules", "answers", "mode", "profiles", "blocklists", "history"]);
export type Locked = v.InferOutput<typeof lockedSchema>;

export const statusSchema = v.object({
  helper: v.literal("running"),
  version: shortText,
  kernel: shortText,
  ...standingSchema.entries,
  /** open: any process of the served user may answer (development). protected: only the installed window or polkit. */
  level: v.picklist(["open", "protected"]),
  /** Cgroups that programs are attached to, as paths below the cgroup2 mount. */
  guarded: v.array(shortText),
  degraded: v.array(degradedSchema),
  /** Who is asked about what: the owner (uid) about everything, or everybody about their own, and the owner about what is nobody's. */
  people: v.optional(v.object({ served: v.picklist(["owner", "everyone"]), owner: v.number() })),
  /** Settings that only root may change; absent: none. */
  locked: v.optional(v.array(lockedSchema)),
  /** Open prompts and inbox items. */
  prompts: v.number(),
  pid: v.number(),
  counters: v.record(v.string(), v.number()),
  /** Where countries are known from; null where no data is installed. */
  countries: v.optional(v.nullable(countryDataSchema)),
});
export type Status = v.InferOutput<typeof statusSchema>;
