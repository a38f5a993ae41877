// What can be done with blocklists. One error at a time: that of the last thing that was tried, and of which list it is.
import { useState } from "react";
import type { Blocklist } from "../../../contract/blocklists.ts";
import type { ListFileOutcome, Outcome, WindowMethod } from "../../../contract/bridge.ts";
import type { ErrorCode } from "../../../contract/errors.ts";
import { bridge } from "../../bridge.ts";
import { text } from "../../text.ts";

/** `name` null: of all of them. */
export type Failed = { name: string | null; code: ErrorCode };

export function useActs() {
  const [failed, setFailed] = useState<Failed | null>(null);
  const hear = (name: string | null, outcome: Outcome<WindowMethod> | ListFileOutcome): void =>
    setFailed(outcome.ok ? null : { name, code: outcome.code });
  const refresh = async (name: string | null, acceptShrunk = false): Promise<void> =>
    hear(name, await bridge.call("blocklists.refresh", { name, acceptShrunk }));
  return {
    failed,
    enable: async ({ name }: Blocklist, enabled: boolean): Promise<void> =>
      hear(name, await bridge.call("blocklists.enable", { name, enabled })),
    refreshAll: () => refresh(null),
    accept: ({ name }: Blocklist) => refresh(name, true),
    /** One that was handed over: from the file that the person chooses now. */
    refresh: async ({ name, url }: Blocklist): Promise<void> => {
      if (url !== null) return refresh(name);
      const chosen = await chooseFile();
      if (!chosen.ok || chosen.file !== null)
        hear(name, chosen.ok ? await bridge.listFile({ do: "hand-over", name, replace: true }) : chosen);
    },
    remove: async ({ name }: Blocklist): Promise<void> => hear(null, await bridge.call("blocklists.remove", { name })),
  };
}
export type Acts = ReturnType<typeof useActs>;

export function chooseFile(): Promise<ListFileOutcome> {
  return bridge.listFile({ do: "choose", title: text.blocklists.form.chooseTitle });
}
