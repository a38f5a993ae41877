// The profiles, and the networks this computer is in. No event tells of them: they are asked for while the view is there.
import { useCallback, useEffect, useState } from "react";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { Params, Result } from "../../../contract/methods.ts";
import { bridge } from "../../bridge.ts";
import { useKnown } from "../../store.ts";

type Known = Result<"profiles.list">;

/** Milliseconds between two looks: networks come and go. */
const pace = 5000;

export function useProfiles() {
  const [known, setKnown] = useState<Known | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  const up = useKnown(({ link }) => link.state === "up");
  const active = useKnown(({ status }) => `${status?.automatic} ${status?.profile}`);
  const ask = useCallback(async (): Promise<void> => {
    const outcome = await bridge.call("profiles.list", {});
    if (outcome.ok) setKnown(outcome.result);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another active profile may be another network
  useEffect(() => {
    if (!up) return;
    void ask();
    const timer = setInterval(() => {
      if (!document.hidden) void ask();
    }, pace);
    return () => clearInterval(timer);
  }, [up, active, ask]);

  return {
    known,
    error,
    choose: async (choice: Params<"profile.set">): Promise<void> => {
      const outcome = await bridge.call("profile.set", choice);
      setError(outcome.ok ? null : outcome.code);
    },
    remove: async (name: string): Promise<void> => {
      const outcome = await bridge.call("profiles.remove", { name });
      setError(outcome.ok ? null : outcome.code);
      await ask();
    },
    ask,
  };
}
