// A shortcut that works whatever window is in use, where only the desktop may give one (org.freedesktop.portal.GlobalShortcuts). The desktop
// asks the person which keys it has; what we name is a wish.
import { randomBytes } from "node:crypto";
import { type Message, Variant } from "dbus-native";
import type { Bus } from "./bus.ts";

const service = "org.freedesktop.portal.Desktop";
const path = "/org/freedesktop/portal/desktop";
const shortcuts = "org.freedesktop.portal.GlobalShortcuts";
const requests = "org.freedesktop.portal.Request";
/** How long a person may think about a dialogue of the portal's, ms. */
const patience = 10 * 60_000;

export interface Wish {
  readonly id: string;
  /** What it does, for the person who chooses the keys. */
  readonly description: string;
  /** As the XDG shortcuts specification writes it: "CTRL+ALT+p". */
  readonly trigger: string;
}

/**
 * Binds the shortcut for as long as the bus is open. Rejects where the desktop has no such portal or the person declined.
 * Resolves to what the desktop calls the keys, null where it does not say.
 */
export async function bindShortcut(bus: Bus, wish: Wish, pressed: () => void): Promise<string | null> {
  let session: string | undefined;
  const answers = new Map<string, (answer: [code: number, results: Record<string, unknown>]) => void>();
  let owner = "";
  const hear = ({ sender, interface: from, member, path: at, body = [] }: Message): void => {
    if (sender !== owner) return;
    if (from === requests && member === "Response") answers.get(at ?? "")?.(body as [number, Record<string, unknown>]);
    if (from !== shortcuts || member !== "Activated") return;
    const [of, id] = body as [string, string];
    if (session !== undefined && of === session && id === wish.id) pressed();
  };
  await bus.listen(`sender='${service}',interface='${requests}'`, hear);
  await bus.listen(`sender='${service}',interface='${shortcuts}'`, hear);

  /** A call whose answer comes as a signal later, at a place that both sides know beforehand. */
  const ask = async (member: string, signature: string, body: (token: string) => unknown[]): Promise<Answer> => {
    const token = `picket${randomBytes(8).toString("hex")}`;
    const answer = new Promise<Answer>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${member} was not answered`)), patience);
      late.unref();
      answers.set(requestPath(bus.uniqueName, token), ([code, results]) => {
        clearTimeout(late);
        if (code === 0) resolve(results);
        else reject(new Error(`${member} was declined (${code})`));
      });
    });
    answer.catch(() => {}); // the call itself may fail first
    await bus.call({ destination: service, path, interface: shortcuts, member, signature, body: body(token) });
    return answer;
  };

  // Started if it can be: it is the portal's purpose.
  await bus.call({ destination: service, path, interface: "org.freedesktop.DBus.Peer", member: "Ping" });
  owner = await bus.ownerOf(service);
  const made = await ask("CreateSession", "a{sv}", (token) => [
    { handle_token: new Variant("s", token), session_handle_token: new Variant("s", `${token}session`) },
  ]);
  session = String(made.session_handle);
  const keys = { description: new Variant("s", wish.description), preferred_trigger: new Variant("s", wish.trigger) };
  const bound = await ask("BindShortcuts", "oa(sa{sv})sa{sv}", (token) => [
    session,
    [[wish.id, keys]],
    "",
    { handle_token: new Variant("s", token) },
  ]);
  const [[, about] = []] = (bound.shortcuts ?? []) as [string, Record<string, unknown>][];
  return typeof about?.trigger_description === "string" ? about.trigger_description : null;
}

type Answer = Record<string, unknown>;

/** Where the portal answers a request (org.freedesktop.portal.Request, "handle_token"). */
export function requestPath(uniqueName: string, token: string): string {
  return `/org/freedesktop/portal/desktop/request/${uniqueName.slice(1).replaceAll(".", "_")}/${token}`;
}
