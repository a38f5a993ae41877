// The contract's methods of the monitor: one view for each connection, which ends with it.
import { CodedError } from "../../contract/errors.ts";
import type { MethodName, ParsedParams, Result } from "../../contract/methods.ts";
import type { monitorMethods } from "../../contract/monitor.ts";
import type { Flow } from "../../contract/words.ts";
import type { Ending } from "../ending.ts";
import type { Connection } from "../server/connection.ts";
import type { Monitor, Viewer } from "./monitor.ts";

type MonitorService = {
  [M in keyof typeof monitorMethods & MethodName]: (params: ParsedParams<M>, client: Connection) => Result<M>;
};

/** `seenBy`: which flows a client sees; null: all. `ownFlows`: ids of the live flows over which somebody works with the process. */
export function makeMonitorService(
  monitor: Monitor,
  ending: Ending,
  seenBy: (client: Connection) => ((flow: Flow) => boolean) | null,
  ownFlows: (pid: number) => ReadonlySet<string>,
): MonitorService {
  /** An end cannot be taken back: a trial would come too late. Errors: own_session. */
  const guardSession = (ids: readonly string[], confirmed: boolean, { peer }: Connection): void => {
    if (confirmed) return;
    const own = ownFlows(peer.pid);
    if (ids.some((id) => own.has(id))) throw new CodedError("own_session");
  };
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
    "monitor.end": ({ row, confirm }, client) => {
      const ids = monitor.liveBelow(viewerOf(client), row).map(({ id }) => id);
      guardSession(ids, confirm, client);
      return { ended: ending.endAll(ids) };
    },
    "flows.end": ({ id, confirm }, client) => {
      guardSession([id], confirm, client);
      ending.end(id);
      return {};
    },
  };
}
