// What a scripted helper saw while it learned.
import { CodedError } from "../../contract/errors.ts";
import type { MethodName, Params, Result } from "../../contract/methods.ts";
import type { Proposal } from "../../contract/words.ts";
import { ago, aRule } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

export function aProposal(id: string, app: string, change: Partial<Proposal> = {}): Proposal {
  return {
    id,
    app,
    direction: "outbound",
    domain: null,
    address: null,
    port: null,
    protocol: null,
    count: 1,
    endpoints: 1,
    last: ago(5),
    ...change,
  };
}

export class LearningScenario {
  private readonly helper: ScenarioHelper;
  since: string | null = ago(3000);
  proposals: Proposal[] = [];
  constructor(helper: ScenarioHelper) {
    this.helper = helper;
  }

  private take(ids: readonly string[]): Proposal[] {
    const taken = ids.map((id) => {
      const found = this.proposals.find((each) => each.id === id);
      if (!found) throw new CodedError("unknown_proposal", id);
      return found;
    });
    this.proposals = this.proposals.filter(({ id }) => !ids.includes(id));
    return taken;
  }

  /** Null: not about learning. */
  answer(method: MethodName, params: unknown): unknown {
    switch (method) {
      case "learn.review":
        return { since: this.since, proposals: this.proposals } satisfies Result<"learn.review">;
      case "learn.accept": {
        const rules = this.take((params as Params<"learn.accept">).ids).map(
          ({ id, app, domain, address, port, protocol }) =>
            aRule(`learned-${id}`, { app, domain, address, port, protocol }),
        );
        this.helper.put("rules", ...rules);
        return { rules, ...this.helper.undoable(() => this.helper.drop("rules", ...rules.map(({ id }) => id))) };
      }
      case "learn.forget":
        this.take((params as Params<"learn.forget">).ids);
        return {};
      case "mode.set": {
        const { mode } = params as Params<"mode.set">;
        this.helper.setStatus({ mode });
        return { mode, override: null, profile: null, automatic: true, trial: null } satisfies Result<"mode.set">;
      }
      default:
        return null;
    }
  }
}
