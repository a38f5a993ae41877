// What a scenario's helper makes of a change of mode, pause, lockdown or profile.
import { parseDuration } from "../../contract/lifetime.ts";
import type { MethodName, ParsedParams } from "../../contract/methods.ts";
import type { Standing, Status } from "../../contract/words.ts";

export function standingAfter(status: Status, method: MethodName, params: unknown): Partial<Standing> {
  switch (method) {
    case "mode.set":
      return { mode: (params as ParsedParams<"mode.set">).mode };
    case "pause": {
      const { for: length } = params as ParsedParams<"pause">;
      const milliseconds = length === null ? undefined : parseDuration(length)?.milliseconds;
      if (status.override?.kind === "lockdown") return {};
      if (milliseconds === undefined) return { override: null };
      return { override: { kind: "pause", ends: new Date(Date.now() + milliseconds).toISOString() } };
    }
    case "lockdown":
      return { override: (params as ParsedParams<"lockdown">).on ? { kind: "lockdown", ends: null } : null };
    case "profile.set": {
      const wanted = params as ParsedParams<"profile.set">;
      return "automatic" in wanted ? { automatic: true } : { profile: wanted.name, automatic: false };
    }
    default:
      return { trial: null };
  }
}
