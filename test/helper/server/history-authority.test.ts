// At level "protected" no program of the person's erases or hides what was recorded, unless the person consents.
import { expect, it } from "vitest";
import type { MethodName } from "../../../contract/methods.ts";
import type { Peer } from "../../../helper/kernel/peer.ts";
import { type Authority, authorize as authorizeAny } from "../../../helper/server/authority.ts";
import { Consents } from "../../../helper/server/consents.ts";
import { allKnown } from "./known.ts";

const peer = { pid: process.pid, uid: 1000 } as Peer;
const asks: MethodName[] = [];
const authority = (consents: boolean) => ({
  windowGroup: { id: 4_000_000, problem: null },
  known: allKnown(() => false),
  askedAbout: () => null,
  consents: new Consents(),
  consent: async () => {
    asks.push("history.delete");
    return consents;
  },
});

const authorize = (who: Authority, by: Peer, method: MethodName, params: object) =>
  authorizeAny(who, by, method, params as never, false, () => true);

it.each([
  ["history.delete", {}],
  ["history.delete", { app: "/usr/bin/a" }],
  ["history.setPrivate", { app: "/usr/bin/a", private: true, forget: true }],
  ["history.configure", { days: 1 }],
] as const)("%s %j is refused without consent", async (method, params) => {
  await expect(authorize(authority(false), peer, method, params)).rejects.toMatchObject({ code: "not_permitted" });
  await authorize(authority(true), peer, method, params);
  await authorize(authority(false), { ...peer, uid: 0 }, method, params);
});

it("what only tells, or ends a connection, asks nobody", async () => {
  asks.length = 0;
  await authorize(authority(false), peer, "history.query", { by: "app", range: "1h" });
  await authorize(authority(false), peer, "flows.end", { id: "1" });
  expect(asks).toEqual([]);
});
