// The contract's blocklist methods on the helper's side.
import type { Blocklist, blocklistMethods } from "../../contract/blocklists.ts";
import { CodedError } from "../../contract/errors.ts";
import type { ParsedParams, Result } from "../../contract/methods.ts";
import type { Connection } from "../server/connection.ts";
import type { Blocklists } from "./blocklists.ts";
import { Uploads } from "./uploads.ts";

type Method = keyof typeof blocklistMethods;
type Methods = { [M in Method]: (params: ParsedParams<M>, client: Connection) => Result<M> };

export interface BlocklistService {
  readonly methods: Methods;
  lists(): Blocklist[];
  /** Drops what is being handed over. */
  close(): void;
}

export function makeBlocklistService(blocklists: Blocklists): BlocklistService {
  const uploads = new Uploads();
  /** Ids of the lists whose first text each connection handed over. */
  const made = new WeakMap<Connection, Set<string>>();
  /** What a connection hands over ends with it, and so does a list that came to nothing. */
  const endWith = (client: Connection) => {
    if (made.has(client)) return;
    const lists = new Set<string>();
    made.set(client, lists);
    client.socket.once("close", () => {
      uploads.forget(client);
      for (const id of lists) blocklists.abandon(id);
    });
    if (client.socket.destroyed) throw new CodedError("unknown_upload");
  };
  const methods: Methods = {
    "blocklists.list": () => blocklists.list(),
    "blocklists.add": ({ name, url }) => blocklists.add(name, url),
    "blocklists.begin": ({ name, replace }, client) => {
      blocklists.checkHandOver(name, replace);
      endWith(client);
      return { upload: uploads.begin(client, name, replace, blocklists.newPart()) };
    },
    "blocklists.append": ({ upload, data }, client) => ({
      bytes: uploads.append(client, upload, Buffer.from(data, "base64")),
    }),
    "blocklists.commit": ({ upload }, client) => {
      const { name, replace, part } = uploads.finish(client, upload);
      const list = blocklists.handOver(name, replace, part);
      if (!replace) made.get(client)?.add(list.id);
      return list;
    },
    "blocklists.remove": ({ name }) => {
      blocklists.remove(name);
      return {};
    },
    "blocklists.enable": ({ name, enabled }) => blocklists.enable(name, enabled),
    "blocklists.refresh": ({ name, acceptShrunk }) => {
      if (!acceptShrunk) return blocklists.refresh(name);
      if (name === null) throw new CodedError("bad_params", "acceptShrunk is about one list");
      return [blocklists.acceptShrunk(name)];
    },
    "blocklists.hits": ({ name }) => blocklists.hits(name),
  };
  return { methods, lists: () => blocklists.list(), close: () => uploads.close() };
}
