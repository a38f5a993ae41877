// What the helper last said, so that a page that starts or reloads later gets the whole state at once.

import type { Blocklist } from "../../contract/blocklists.ts";
import type { Update } from "../../contract/bridge.ts";
import { merge } from "../../contract/merge.ts";
import type { Events, Topic } from "../../contract/methods.ts";
import type { Prompt, Rule, Status } from "../../contract/words.ts";

type Kept = Exclude<Topic, "flows">;

export class Mirror {
  private status: Status | undefined;
  private prompts: Map<string, Prompt> | undefined;
  private rules: Map<string, Rule> | undefined;
  private blocklists: Map<string, Blocklist> | undefined;

  take(...[topic, data]: { [T in Kept]: [topic: T, data: Events[T]] }[Kept]): void {
    switch (topic) {
      case "status":
        this.status = data;
        return;
      case "prompts":
        this.prompts = merge(this.prompts ?? new Map(), data);
        return;
      case "rules":
        this.rules = merge(this.rules ?? new Map(), data);
        return;
      case "blocklists":
        this.blocklists = merge(this.blocklists ?? new Map(), data);
        return;
    }
  }

  /** All it was told, as updates: of a helper that is only just being reached perhaps a part, and the rest follows as events. */
  snapshot(): Update[] {
    const whole = <T>(items: Map<string, T>) => ({ full: true, changed: [...items.values()], removed: [] });
    const { status, rules, blocklists, prompts } = this;
    return [
      ...(status ? [{ kind: "event", topic: "status", data: status } as const] : []),
      ...(rules ? [{ kind: "event", topic: "rules", data: whole(rules) } as const] : []),
      ...(blocklists ? [{ kind: "event", topic: "blocklists", data: whole(blocklists) } as const] : []),
      ...(prompts ? [{ kind: "event", topic: "prompts", data: whole(prompts) } as const] : []),
    ];
  }
}
