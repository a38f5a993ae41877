// The slots of one table: how rules about one destination become entries that the kernel finds by app, port, protocol and direction. Pure.
import type { PolicyRule } from "./rule.ts";

/** Limits and numbers of the kernel's side; they are helper/kernel/layout.ts's, passed in so that this file imports no kernel. */
export interface SlotTarget {
  readonly action: { readonly allow: number; readonly block: number; readonly ask: number };
  readonly protocolClass: { readonly tcp: number; readonly udp: number; readonly icmp: number; readonly other: number };
  readonly shape: {
    readonly anyApp: number;
    readonly anyPort: number;
    readonly anyProtocol: number;
    readonly anyDirection: number;
  };
  /** Uid whose own rules the kernel can tell; null: nobody's. Their slots' action has the flag `personal`. */
  readonly person?: number | null;
  readonly personal: number;
  readonly direction: { readonly outbound: number; readonly inbound: number };
  /** Lasting number of an app; 0 is never used. */
  appId(path: string): number;
}

/** `rule` 0 and action ask: nobody's question but a defer. What it catches is held, and decided by the helper. */
export interface Slot {
  readonly table: number;
  readonly app: number;
  readonly port: number;
  readonly protocol: number;
  readonly direction: number;
  readonly shape: number;
  readonly action: number;
  readonly rule: number;
}

/**
 * What the kernel cannot tell apart: its slots know neither parents nor ranges of ports, and of users one, the person's: who runs into that
 * one's slot and is somebody else is left to the helper.
 */
export function isPartial({ via, user, portTo }: PolicyRule, person: number | null | undefined = null): boolean {
  return via !== null || (user !== null && user !== person) || portTo !== null;
}

function portsOverlap(a: PolicyRule, b: PolicyRule): boolean {
  if (a.port === null || b.port === null) return true;
  return a.port <= (b.portTo ?? b.port) && b.port <= (a.portTo ?? a.port);
}

/** Whether some flow fits both, of two rules about one app and destination. */
function overlap(a: PolicyRule, b: PolicyRule): boolean {
  return (
    portsOverlap(a, b) &&
    (a.protocol === null || b.protocol === null || a.protocol === b.protocol) &&
    (a.direction === "both" || b.direction === "both" || a.direction === b.direction)
  );
}

/** Whether every flow that fits `inner` fits the rule too, which is not partial, or runs into its slot and is left to the helper. */
function holds(rule: PolicyRule, inner: PolicyRule, person: number | null | undefined): boolean {
  return (
    !isPartial(rule, person) &&
    (rule.port === null || (rule.port === inner.port && inner.portTo === null)) &&
    (rule.protocol === null || rule.protocol === inner.protocol) &&
    (rule.direction === "both" || rule.direction === inner.direction)
  );
}

function keyOf({ app, port, protocol, direction, shape }: Omit<Slot, "table" | "action" | "rule">): string {
  return `${app}:${port}:${protocol}:${direction}:${shape}`;
}

/**
 * The kernel tries shapes from narrow to wide, the order of rules puts user and profile before ports: a rule that a better one overlaps from
 * a wider shape would be found too early. It is left out where the better one decides all of it, and becomes a defer where only a part.
 * `rules`: best first. `defer`: every rule only makes the helper decide.
 */
export function slotsOf(table: number, rules: readonly PolicyRule[], target: SlotTarget, defer = false): Slot[] {
  const slots = new Map<string, Slot>();
  const outOfOrder: { rule: PolicyRule; shape: number }[] = [];
  for (const rule of rules) {
    const port = rule.portTo === null ? rule.port : null;
    const shape =
      (rule.app === null ? target.shape.anyApp : 0) |
      (port === null ? target.shape.anyPort : 0) |
      (rule.protocol === null ? target.shape.anyProtocol : 0) |
      (rule.direction === "both" ? target.shape.anyDirection : 0);
    const place = {
      app: rule.app === null ? 0 : target.appId(rule.app),
      port: port ?? 0,
      protocol: rule.protocol === null ? 0 : target.protocolClass[rule.protocol],
      direction: rule.direction === "both" ? 0 : target.direction[rule.direction],
      shape,
    };
    const key = keyOf(place);
    const better = outOfOrder.filter(
      (other) => other.rule.app === rule.app && other.shape > shape && overlap(other.rule, rule),
    );
    const partial = isPartial(rule, target.person);
    if (partial || rule.user !== null || rule.profile !== null) outOfOrder.push({ rule, shape });
    // Rules come best first: what has the place already decides, or leaves it to the helper.
    if (slots.has(key) || better.some((other) => holds(other.rule, rule, target.person))) continue;
    const deferred = defer || partial || better.length > 0;
    const personal = rule.user === null ? 0 : target.personal;
    const verdict = deferred
      ? { action: target.action.ask, rule: 0 }
      : { action: target.action[rule.action] | personal, rule: rule.number };
    slots.set(key, { table, ...place, ...verdict });
  }
  return [...slots.values()];
}
