// Takes names out of what leaves this computer: the same name is the same placeholder all through one bundle, and means nothing in another.

export type Kind = "app" | "path" | "host" | "address" | "user" | "name" | "text";

const address4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?![\d.]*\d)/g;
const hardware = /(?<![\da-f:])(?:[\da-f]{2}:){5}[\da-f]{2}(?![\da-f:])/gi;
/** At least two colons and whatever else an IPv6 address has; times of day (09:30:00) have no letters and no double colon. */
const address6 =
  /(?<![\da-z:.])(?=[\da-f.:]*(?:::|(?:[\da-f]{1,4}:){4}))[\da-f]*:[\da-f:.]*(?:\/\d{1,3})?(?![\da-z])/gi;
const host =
  /(?<![\p{L}\p{N}_.@/-])(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)+(?:\p{L}{2,}|xn--[\p{L}\p{N}-]+)\.?(?![\p{L}\p{N}_-])/gu;
const mail = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+/gu;
/** Up to what cannot be in an ordinary path: names with blanks are known names, or begin the text. */
const path = /(?<![\p{L}\p{N}_.:~-])(?:file:\/\/)?\/[^\s"'`,;()<>|:]+/gu;

/** What has a dot and is no host: files of ours, and units. */
const noHost = /\.(?:ts|mts|js|mjs|cjs|json|sqlite|service|slice|scope|socket|target|conf|bpf|o)$/i;
/** What is the same on every computer: up to the end of a name, so that nobody's folder begins like one of these. */
const ours =
  /^(?:file:\/\/)?\/(?:(?:usr\/lib\/picket|etc\/picket|var\/lib\/picket|run\/picket|run\/systemd|run\/NetworkManager|run\/dbus|sys|etc\/resolv\.conf|usr\/bin\/(?:systemctl|journalctl)|dev\/null)(?=\/|\.?(?:[\s"'`,;()<>|:]|$))|boot\/config-)/;
/** Units may have colons in them, but none at the end. */
const cgroup = /(?<=(?<![\p{L}\p{N}_.~-])\/sys\/fs\/cgroup)\/[^\s"'`,;()<>|]*[^\s"'`,;()<>|:.]/gu;
/** Parts of a cgroup's path that are the same on every computer. */
const usual =
  /^(?:user|system|app|session|background|machine|init)\.(?:slice|scope)$|^user(?:-\d+)?\.slice$|^user@\d+\.service$|^session-\w+\.scope$|^picket[\w.-]*$|^run-\d+$/;
/** Keys of our own. */
const plainKey = /^[A-Za-z ]+$/;
const everybodys = /^(?:127\.0\.0\.1|0\.0\.0\.0|::1|::)(?:\/\d+)?$/;

export class Placeholders {
  private readonly known = new Map<string, string>();
  private readonly counts = new Map<Kind, number>();
  private literals: RegExp | undefined;

  /** The placeholder of a name that is known to be one, and is found in any text from now on; the same each time. */
  of(kind: Kind, name: string): string {
    this.literals = undefined;
    return this.met(kind, name);
  }

  /** A cgroup's path: what it is below stays. */
  guard(path: string): string {
    const parts = path.split("/");
    return parts.map((part) => (usual.test(part) ? part : this.of("name", part))).join("/");
  }

  private met(kind: Kind, name: string): string {
    if (name === "" || everybodys.test(name)) return name;
    const key = name.toLowerCase();
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    const made = `${kind}-${count}`;
    this.known.set(key, made);
    return made;
  }

  /** A text of any kind: known names first, longest first, then whatever looks like one. */
  scrub(text: string): string {
    if (text.startsWith("/") && !ours.test(text) && !/\s(?:at|in|is|was|could|cannot)\s/.test(text))
      return this.met("path", text);
    return this.replaceKnown(text.replace(cgroup, (found) => this.guard(found)))
      .replace(path, (found) => (ours.test(found) ? found : this.met("path", found)))
      .replace(mail, (found) => (noHost.test(found) ? found : this.met("user", found)))
      .replace(hardware, (found) => this.met("address", found))
      .replace(address6, (found) => this.met("address", found))
      .replace(address4, (found) => (isVersion(found) ? found : this.met("address", found)))
      .replace(host, (found) => (noHost.test(found) ? found : this.met("host", found.replace(/\.$/, ""))));
  }

  /** Every string in it, and every key that is not one of ours. Numbers and booleans stay. */
  scrubAll(value: unknown): unknown {
    if (typeof value === "string") return this.scrub(value);
    if (Array.isArray(value)) return value.map((each) => this.scrubAll(each));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [plainKey.test(name) ? name : this.scrub(name), this.scrubAll(each)]),
    );
  }

  private replaceKnown(text: string): string {
    this.literals ??= literalsOf([...this.known.keys()]);
    return text.replace(this.literals, (found) => this.known.get(found.toLowerCase()) ?? found);
  }
}

function literalsOf(names: readonly string[]): RegExp {
  const sorted = names.filter((name) => name.length > 1).sort((a, b) => b.length - a.length);
  if (sorted.length === 0) return /(?!)/g;
  const escaped = sorted.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${escaped.join("|")})(?![\\p{L}\\p{N}_])`, "giu");
}

/** 1.2.3.4 could be either; beyond 255 it is none. */
function isVersion(text: string): boolean {
  return (
    text
      .split("/")[0]
      ?.split(".")
      .some((part) => Number(part) > 255) ?? false
  );
}
