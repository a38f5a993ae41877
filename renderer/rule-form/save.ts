// A rule that was written is saved.
import type { ErrorCode } from "../../contract/errors.ts";
import type { NewRuleParams } from "../../contract/methods.ts";
import type { Rule } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";

/**
 * `old` goes unless it became the new one; where it may not, the new one is taken back. `changes`: what rules.undo takes back, in the order in
 * which it was made; none with a `code`.
 */
export async function saveRule(
  params: NewRuleParams,
  old: Rule | null,
): Promise<{ changes: number[]; code: ErrorCode | null }> {
  const added = await bridge.call("rules.add", params);
  if (!added.ok) return { changes: [], code: added.code };
  const { id, replaced, change } = added.result;
  const changes = change === null ? [] : [change];
  if (old === null || old.id === id || old.id === replaced) return { changes, code: null };
  const removed = await bridge.call("rules.remove", { ids: [old.id] });
  // It may have ended while it was changed.
  if (!removed.ok && removed.code === "unknown_rule") return { changes, code: null };
  if (removed.ok) return { changes: [...changes, removed.result.change ?? []].flat(), code: null };
  // What is told is about all of it: "nothing was changed" must be true.
  const undone = change === null ? null : await bridge.call("rules.undo", { change });
  return { changes: [], code: undone === null || undone.ok ? removed.code : undone.code };
}
