// The contract's history methods on the helper's side.
import { CodedError } from "../../contract/errors.ts";
import type { historyMethods } from "../../contract/history.ts";
import type { ParsedParams, Result } from "../../contract/methods.ts";

type Method = keyof typeof historyMethods;
export type HistoryService = { [M in Method]: (params: ParsedParams<M>) => Result<M> };

const notYet = () => {
  throw new CodedError("internal", "history is not there yet");
};

export const noHistory: HistoryService = {
  "history.query": notYet,
  "history.events": notYet,
  "history.networks": notYet,
  "history.settings": notYet,
  "history.configure": notYet,
  "history.setPrivate": notYet,
  "history.delete": notYet,
};
