// A rule that was written is saved.
import type { ErrorCode } from "../../contract/errors.ts";
import type { NewRuleParams } from "../../contract/methods.ts";
import type { Rule } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";

/**
 * `old` goes unless it became the new one. `changes`: what rules.undo takes back, in the order in which it was made; told also where the old
 * one could not go.
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
  const removed = await bridge.call("rules.remove", { id: old.id });
  if (removed.ok && removed.result.change !== null) changes.push(removed.result.change);
  return { changes, code: removed.ok ? null : removed.code };
}
