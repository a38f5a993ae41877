// What the helper last said, so that a page that starts or reloads later gets the whole state at once.

import type { Blocklist } from "../../contract/blocklists.ts";
import type { Update } from "../../contract/bridge.ts";
import { merge } from "../../contract/merge.ts";
import type { Events, Topic } from "../../contract/methods.ts";
import type { Prompt, Rule, Status } from "../../contract/words.ts";

type Kept = Exclude<Topic, "flows">;

export class Mirror {
  private status: Status | undefined;
  private prompts = new Map<string, Prompt>();
  private rules = new Map<string, Rule>();
  private blocklists = new Map<string, Blocklist>();

  take(...[topic, data]: { [T in Kept]: [topic: T, data: Events[T]] }[Kept]): void {
    switch (topic) {
      case "status":
        this.status = data;
        return;
      case "prompts":
        this.prompts = merge(this.prompts, data);
        return;
      case "rules":
        this.rules = merge(this.rules, data);
        return;
      case "blocklists":
        this.blocklists = merge(this.blocklists, data);
        return;
    }
  }

  /** The whole state as updates. */
  snapshot(): Update[] {
    const whole = <T>(items: Map<string, T>) => ({ full: true, changed: [...items.values()], removed: [] });
    return [
      ...(this.status ? [{ kind: "event", topic: "status", data: this.status } as const] : []),
      { kind: "event", topic: "rules", data: whole(this.rules) },
      { kind: "event", topic: "blocklists", data: whole(this.blocklists) },
      { kind: "event", topic: "prompts", data: whole(this.prompts) },
    ];
  }
}
