// What every request passes between its schema and the room that serves it: the admin's lock, whose it is, who may have it carried out; and
// on the way back, what the asker may see.
import type { MethodName, ParsedParams, Result } from "../../contract/methods.ts";
import { type AdminLock, checkLock } from "../people/locks.ts";
import { demandOf, enter, leave, type World } from "../people/scopes.ts";
import type { Viewer } from "../people/viewer.ts";
import { type Authority, authorize } from "./authority.ts";
import type { Call, Connection } from "./connection.ts";

export interface GateParts {
  readonly lock: Pick<AdminLock, "read">;
  readonly authority: Authority;
  readonly people: { viewerOf(uid: number): Viewer; readonly world: World };
  /** Whether the process that connected still runs. */
  isStill(client: Connection): boolean;
  /** Null: nothing is known before. Errors: those that the method would have though its person consents. */
  rehearse(method: MethodName, asked: ParsedParams<MethodName>, client: Connection): Promise<unknown> | null;
}

/** `serve`: with the parameters as far as the asker may ask, and whether an administrator consented. Errors: locked, not_permitted, consent_pending, those of the method. */
export async function pass(
  { lock, authority, people, isStill, rehearse }: GateParts,
  { method, params, client }: Call,
  serve: (asked: ParsedParams<MethodName>, byAdmin: boolean) => Promise<Result<MethodName>>,
): Promise<Result<MethodName>> {
  const { peer } = client;
  const viewer = people.viewerOf(peer.uid);
  const asked = params as ParsedParams<MethodName>;
  checkLock(lock, peer.uid, method, asked);
  const demand = demandOf(method, asked, viewer, people.world);
  const byAdmin = demand === "admin";
  const own = enter(method, asked, viewer, people.world);
  const rehearsed = byAdmin || peer.uid === 0 ? null : rehearse(method, own, client);
  if (rehearsed !== null) await rehearsed;
  // Where it needs no consent and was not rehearsed, nothing is waited for between the moment at which that is said and the one at which it
  // is carried out; only what promises had queued by then comes first.
  const allowed = await authorize(authority, peer, method, own, byAdmin, () => isStill(client));
  const result = await serve(allowed, byAdmin);
  return leave(method, result, viewer, people.world, asked);
}
