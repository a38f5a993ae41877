// The contract's history methods on the helper's side.
import type { historyMethods } from "../../contract/history.ts";
import type { ParsedParams, Result } from "../../contract/methods.ts";
import type { History } from "./history.ts";

type Method = keyof typeof historyMethods;
type Methods = { [M in Method]: (params: ParsedParams<M>) => Result<M> };

export function historyService(history: History): Methods {
  return {
    "history.query": (asked) => history.query(asked),
    "history.events": (asked) => history.listEvents(asked),
    "history.networks": () => history.listNetworks(),
    "history.apps": ({ paths }) => ({ apps: history.findApps(paths) }),
    "history.settings": () => history.settings,
    "history.configure": (change) => history.configure(change),
    "history.setPrivate": (asked) => history.setPrivate(asked),
    "history.delete": (asked) => {
      history.remove(asked);
      return {};
    },
  };
}
