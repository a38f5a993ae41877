// What somebody wants to have done, in words for polkit's question: who consents must know to what. Pure.
import { appPathText } from "../../contract/app-path.ts";
import type { Lifetime } from "../../contract/lifetime.ts";
import type { MethodName, ParsedParams } from "../../contract/methods.ts";
import type { Mode, Prompt, Scope } from "../../contract/words.ts";
import { displayable } from "../identity/apps.ts";
import { scopeMatchers, scopeNames } from "../policy/scope.ts";

/** `instead`: what is to be said of a block for which consent is needed. */
type Words<M extends MethodName> =
  | string
  | ((params: ParsedParams<M>, asked: Prompt | undefined, instead: string, onTrial: string | null) => string);

const modes: Record<Mode, string> = {
  ask: "have new connections asked about",
  learn: "let all new connections through, and remember them",
  allow: "let all new connections through",
  block: "block all new connections",
};

const profiles = "change which profile holds";
const lists = "change a blocklist";
const history = "change what history keeps or shows";
const backup = "put a backup in the place of all rules and settings";

const words: { [M in MethodName]?: Words<M> } = {
  "prompts.answer": ({ action, scope, lifetime }, asked, instead) => {
    if (asked === undefined) return "answer a question";
    const { app, direction } = asked;
    const there = placesOf(asked, scope);
    const how = direction === "inbound" ? `be reached from ${there}` : `connect to ${there}`;
    const may = action === "allow" ? `let ${quoted(app.name)} ${how}` : `not let ${quoted(app.name)} ${how}`;
    return `${may}, ${duration(lifetime)}${action === "block" ? instead : ""}`;
  },
  "rules.add": ({ app, action, lifetime }, _, instead) => {
    const whom = app === null ? "every app" : quoted(appPathText(app));
    return `add a rule that says ${action} for ${whom}${action === "block" ? `, ${duration(lifetime)}${instead}` : ""}`;
  },
  "rules.remove": ({ ids }) => `remove ${rules(ids)}`,
  "rules.enable": ({ ids, enabled }) => `switch ${rules(ids)} ${enabled ? "on" : "off"}`,
  "rules.apply": "put the rules of a file into force",
  "rules.undo": "take back a change of rules",
  "rules.except": "make an exception to a rule or blocklist",
  confirm: (_, _asked, _instead, onTrial) =>
    onTrial === null
      ? "keep a change that would take itself back"
      : `keep what would take itself back: ${quoted(onTrial)} and all else that is on trial with it`,
  "learn.accept": "make rules of what was learned",
  "learn.forget": "forget what was learned",
  "mode.set": ({ mode, confirmWithin }) =>
    confirmWithin === null
      ? modes[mode]
      : `${modes[mode]}, and have that and all else that is on trial take itself back in ${confirmWithin} s`,
  pause: ({ for: length }) => (length === null ? "end the pause" : `let everything through for ${length}`),
  lockdown: ({ on }) => (on ? "let nothing in or out" : "end lockdown"),
  "profile.set": profiles,
  "profiles.define": "change a profile",
  "profiles.remove": "remove a profile",
  "blocklists.add": ({ url }) => `add a blocklist and fetch it, now and daily, from ${quoted(url)}`,
  "blocklists.begin": lists,
  "blocklists.remove": "remove a blocklist",
  "blocklists.enable": ({ enabled }) => `switch a blocklist ${enabled ? "on" : "off"}`,
  "blocklists.refresh": ({ name, acceptShrunk }) =>
    acceptShrunk
      ? "take a blocklist that is shorter than it was"
      : `fetch ${name === null ? "all blocklists" : `the blocklist ${quoted(name)}`} again, a short while after the last time`,
  "history.configure": history,
  "history.setPrivate": history,
  "history.delete": "delete history",
  "backup.read": "read everybody's rules and settings",
  "backup.restore": backup,
  "backup.undo": backup,
};

/**
 * Follows "wants to". Any text of others in it is printable, and what it says of an app is in quotation marks. `admin`: it is an
 * administrator's to consent. `onTrial`: what confirm would keep.
 */
export function actWords<M extends MethodName>(
  method: M,
  params: ParsedParams<M>,
  asked?: Prompt,
  admin = false,
  onTrial: string | null = null,
): string {
  const each = (words[method] ?? `change something (${method})`) as Words<M>;
  // A person's own consent to a block is asked for only where it makes another end sooner.
  const instead = admin ? "" : ", instead of a rule that may hold for longer";
  return typeof each === "function" ? each(params, asked, instead, onTrial) : each;
}

/** The whole question. `program`: what wants it. */
export function question(program: string, pid: number, act: string): string {
  return `The program ${quoted(program)} (process ${pid}) wants to ${act}. Picket does that only if you agree.`;
}

function rules(ids: readonly string[]): string {
  return ids.length === 1 ? "a rule" : `${ids.length} rules`;
}

/** What others chose, on one line, without an end of the quotation or what polkit would put its own values in the place of: $(these). */
function plain(text: string): string {
  const shown = displayable(text).replaceAll("$", "\u{fffd}").replace(/[“”]/g, "'");
  return shown.length > 160 ? `${shown.slice(0, 160)}…` : shown;
}

function quoted(text: string): string {
  return `“${plain(text)}”`;
}

/** The first by name, and how many others the answer is about. */
function placesOf({ endpoint, endpoints }: Prompt, scope: Scope): string {
  if (scope === "any") return "anywhere";
  const host = endpoint.host ?? endpoint.address;
  if (scope === "endpoint")
    return `${plain(host)}, port ${endpoint.port}${others(scopeMatchers(endpoints, scope).length, ", and")}`;
  const names = new Set(scopeNames(endpoints, scope, false));
  const [first = host] = names;
  return `${plain(first)}${others(names.size, " and")}`;
}

function others(count: number, and: string): string {
  return count < 2 ? "" : `${and} ${count - 1} other place${count === 2 ? "" : "s"}`;
}

function duration(lifetime: Lifetime): string {
  if (lifetime === "once") return "this once";
  if (lifetime === "quit") return "until it quits";
  if (lifetime === "restart") return "until this computer restarts";
  return lifetime === "forever" ? "for good" : `for ${lifetime}`;
}
