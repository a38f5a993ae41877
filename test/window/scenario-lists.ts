// Blocklists of a scripted helper: what it answers about them, and what it tells of them afterwards.
import type { Blocklist, BlocklistHits } from "../../contract/blocklists.ts";
import { CodedError } from "../../contract/errors.ts";
import type { MethodName, Params } from "../../contract/methods.ts";
import { ago } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

export function aBlocklist(name: string, change: Partial<Blocklist> = {}): Blocklist {
  return {
    id: name,
    name,
    url: `https://lists.example.org/${name.toLowerCase().replaceAll(" ", "-")}.txt`,
    enabled: true,
    busy: null,
    hosts: 0,
    domains: 1000,
    addresses: 0,
    exceptions: 0,
    skipped: [],
    updated: ago(70),
    checked: ago(70),
    error: null,
    aside: null,
    hits: 0,
    ...change,
  };
}

export class ListsScenario {
  private readonly helper: ScenarioHelper;
  /** By the list's name. */
  readonly hits = new Map<string, BlocklistHits[]>();
  /** The text that was handed over last. */
  text = "";
  private upload: { name: string; pieces: Buffer[] } | null = null;
  constructor(helper: ScenarioHelper) {
    this.helper = helper;
  }

  private find(name: string): Blocklist {
    const list = [...this.helper.blocklists.values()].find((each) => each.name === name);
    if (!list) throw new CodedError("unknown_blocklist", name);
    return list;
  }

  private change(name: string, change: Partial<Blocklist>): Blocklist {
    const list = { ...this.find(name), ...change };
    this.helper.put("blocklists", list);
    return list;
  }

  answer(method: MethodName, params: unknown): unknown {
    switch (method) {
      case "blocklists.add": {
        const { name, url } = params as Params<"blocklists.add">;
        if (this.helper.blocklists.has(name)) throw new CodedError("blocklist_exists", name);
        const list = aBlocklist(name, { url, busy: "fetching", domains: 0, updated: null, checked: null });
        this.helper.put("blocklists", list);
        return list;
      }
      case "blocklists.begin":
        this.upload = { name: (params as Params<"blocklists.begin">).name, pieces: [] };
        return { upload: "u1" };
      case "blocklists.append":
        this.upload?.pieces.push(Buffer.from((params as Params<"blocklists.append">).data, "base64"));
        return { bytes: 0 };
      case "blocklists.commit": {
        const { name, pieces } = this.upload ?? { name: "", pieces: [] };
        this.text = Buffer.concat(pieces).toString();
        const list = aBlocklist(name, { url: null, domains: this.text.trim().split("\n").length, checked: null });
        this.helper.put("blocklists", list);
        return list;
      }
      case "blocklists.remove": {
        const { name } = params as Params<"blocklists.remove">;
        this.helper.drop("blocklists", this.find(name).id);
        return {};
      }
      case "blocklists.enable": {
        const { name, enabled } = params as Params<"blocklists.enable">;
        return this.change(name, { enabled });
      }
      case "blocklists.refresh": {
        const { name, acceptShrunk } = params as Params<"blocklists.refresh">;
        if (name === null) return [];
        const { aside } = this.find(name);
        return [
          acceptShrunk
            ? this.change(name, { aside: null, error: null, domains: aside?.entries ?? 0 })
            : this.change(name, { busy: "fetching" }),
        ];
      }
      case "blocklists.hits":
        return this.hits.get((params as Params<"blocklists.hits">).name) ?? [];
      default:
        throw new CodedError("unknown_method", method);
    }
  }
}
