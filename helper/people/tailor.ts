// What of an event each client is told, where people are told apart; nothing when nothing of it is theirs, so that not even the time tells.
import { createHash } from "node:crypto";
import type { Blocklist } from "../../contract/blocklists.ts";
import type { MethodName, Result, Topic } from "../../contract/methods.ts";
import type { Rule } from "../../contract/words.ts";
import type { Connection } from "../server/connection.ts";
import type { Told, Whose } from "../server/updates.ts";
import type { RuleNews } from "../store/rules.ts";
import { leave, type World } from "./scopes.ts";
import { sees, type Viewer } from "./viewer.ts";

/** The method that tells the same as a topic's snapshot. */
const methodOf = {
  status: "status",
  prompts: "prompts.list",
  flows: "flows.list",
  rules: "rules.list",
  blocklists: "blocklists.list",
} as const satisfies Record<Topic, MethodName>;

/** The whole of a topic as the viewer may see it. */
export function wholeFor<T extends Topic>(viewer: Viewer, topic: T, whole: Result<(typeof methodOf)[T]>, world: World) {
  return leave(methodOf[topic], whole, viewer, world, { limit: 1000 } as never);
}

export class Tailor {
  private readonly viewerOf: (uid: number) => Viewer;
  private readonly world: World;
  /**
   * What was said last of each topic: what is no news to a client says something of others. Its hash, as all rules are a large text, and
   * clients are many.
   */
  private readonly said = new WeakMap<Connection, Map<string, string>>();

  constructor(viewerOf: (uid: number) => Viewer, world: World) {
    this.viewerOf = viewerOf;
    this.world = world;
  }

  /** The client has just been told the whole of a topic. */
  remember<T extends Topic>(client: Connection, topic: T, own: Result<(typeof methodOf)[T]>): void {
    if (this.viewerOf(client.peer.uid).everything) return;
    if (topic === "status" || topic === "rules") this.isNews(client, topic, own);
    if (topic === "blocklists") for (const list of own as Blocklist[]) this.isNews(client, list.id, list);
  }

  /** The whole of a topic anew; null: nothing is new for this client. */
  whole<T extends Topic>(client: Connection, topic: T, whole: Result<(typeof methodOf)[T]>) {
    const viewer = this.viewerOf(client.peer.uid);
    if (viewer.everything) return whole;
    const own = wholeFor(viewer, topic, whole, this.world);
    return this.isNews(client, topic, own) ? own : null;
  }

  /** Rules that are new, changed or gone. */
  rules(client: Connection, { changed, removed }: RuleNews): Told | null {
    const viewer = this.viewerOf(client.peer.uid);
    const own = (rules: Rule[]) => (viewer.everything ? rules : wholeFor(viewer, "rules", rules, this.world));
    const news = { full: false, changed: own(changed), removed: own(removed).map(({ id }) => id) } as const;
    return viewer.everything || news.changed.length + news.removed.length > 0 ? news : null;
  }

  /** What changed of a collection. */
  changes(client: Connection, topic: Topic, data: Told, whose: Whose): Told | null {
    const viewer = this.viewerOf(client.peer.uid);
    if (viewer.everything) return data;
    if (topic === "blocklists") {
      const own = wholeFor(viewer, topic, data.changed as Blocklist[], this.world);
      const changed = own.filter((list) => this.isNews(client, list.id, list));
      return changed.length + data.removed.length === 0 ? null : { ...data, changed };
    }
    const changed = data.changed.filter((_, at) => sees(viewer, whose.changed[at]));
    const removed = data.removed.filter((_, at) => sees(viewer, whose.removed[at]));
    return changed.length + removed.length === 0 ? null : { full: false, changed, removed };
  }

  private isNews(client: Connection, about: string, data: unknown): boolean {
    const hash = createHash("sha256").update(JSON.stringify(data)).digest("base64");
    const said = this.said.get(client) ?? new Map<string, string>();
    this.said.set(client, said);
    if (said.get(about) === hash) return false;
    said.set(about, hash);
    return true;
  }
}
