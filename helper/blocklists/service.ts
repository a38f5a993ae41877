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
  const known = new WeakSet<Connection>();
  /** What a connection hands over ends with it. */
  const endWith = (client: Connection) => {
    if (known.has(client)) return;
    known.add(client);
    client.socket.once("close", () => uploads.forget(client));
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
      return blocklists.handOver(name, replace, part);
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
