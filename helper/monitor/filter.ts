// Which flows a view is about. Pure.
import { appPathText } from "../../contract/app-path.ts";
import type { Filter } from "../../contract/monitor.ts";
import type { Flow } from "../../contract/words.ts";

/** What somebody may look for in a flow. */
function textOf({ app, endpoint, reason, direction }: Flow): string {
  const names = endpoint.names?.map(({ name }) => name) ?? [];
  const parts = [app.name, appPathText(app.path), endpoint.host ?? "", endpoint.address, ...names];
  return [...parts, String(endpoint.port), endpoint.protocol, direction, reason].join("\n").toLowerCase();
}

export function makeFilter({ words, verdict, liveOnly, protocol, direction }: Filter): (flow: Flow) => boolean {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return (flow) => {
    if (verdict !== null && flow.verdict !== verdict) return false;
    if (liveOnly && !flow.live) return false;
    if (protocol !== null && flow.endpoint.protocol !== protocol) return false;
    if (direction !== null && flow.direction !== direction) return false;
    if (wanted.length === 0) return true;
    const text = textOf(flow);
    return wanted.every((word) => text.includes(word));
  };
}
