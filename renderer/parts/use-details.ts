// What is known of who asks beyond the card, asked of the helper once somebody unfolds it.
import { useEffect, useState } from "react";
import type { PromptDetails } from "../../contract/questions.ts";
import { bridge } from "../bridge.ts";
import { useKnown } from "../store.ts";

/** Null until the helper said it, or when it cannot. */
export function useDetails(id: string, wanted: boolean): PromptDetails | null {
  const [known, setKnown] = useState<PromptDetails | null>(null);
  // A helper that comes back is asked again.
  const up = useKnown(({ link }) => link.state === "up");
  useEffect(() => {
    if (!wanted || !up) return;
    let gone = false;
    void bridge.call("prompts.details", { id }).then((outcome) => {
      if (!gone && outcome.ok) setKnown(outcome.result);
    });
    return () => {
      gone = true;
    };
  }, [id, wanted, up]);
  return known;
}
