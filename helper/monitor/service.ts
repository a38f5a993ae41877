// The contract's methods of the monitor: one view for each connection, which ends with it.
import type { MethodName, ParsedParams, Result } from "../../contract/methods.ts";
import type { monitorMethods } from "../../contract/monitor.ts";
import type { Flow } from "../../contract/words.ts";
import type { Ending } from "../ending.ts";
import type { Connection } from "../server/connection.ts";
import type { Monitor, Viewer } from "./monitor.ts";

type MonitorService = {
  [M in keyof typeof monitorMethods & MethodName]: (params: ParsedParams<M>, client: Connection) => Result<M>;
};

/** `seenBy`: which flows a client sees; null: all. */
export function makeMonitorService(
  monitor: Monitor,
  ending: Ending,
  seenBy: (client: Connection) => ((flow: Flow) => boolean) | null,
): MonitorService {
  const viewers = new WeakMap<Connection, Viewer>();
  const viewerOf = (client: Connection): Viewer => {
    let viewer = viewers.get(client);
    if (viewer === undefined) {
      const made = {
        tell: (update: unknown) => client.tell("monitor", update),
        backlog: () => client.backlog,
        sees: seenBy(client),
      };
      client.socket.once("close", () => monitor.leave(made));
      viewers.set(client, made);
      viewer = made;
    }
    return viewer;
  };
  return {
    "monitor.watch": (view, client) => {
      monitor.watch(viewerOf(client), view);
      return {};
    },
    "monitor.leave": (_, client) => {
      monitor.leave(viewerOf(client));
      return {};
    },
    "monitor.end": ({ row }, client) => ({
      ended: ending.endAll(monitor.liveBelow(viewerOf(client), row).map(({ id }) => id)),
    }),
    "flows.end": ({ id }) => {
      ending.end(id);
      return {};
    },
  };
}
