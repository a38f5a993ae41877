// Whose screens are locked, by systemd-logind's word. Where none runs, nobody's is.
import type { MessageBus } from "dbus-native";
import { log } from "../log.ts";
import { withSystemBus } from "../system-bus.ts";

const logind = "org.freedesktop.login1";
/** logind answers from memory. */
const patience = 5000;
/** How old an answer may be, milliseconds. */
const freshness = 4000;

/** A session as far as it matters. `graphical`: it has a screen. */
export interface Login {
  readonly uid: number;
  readonly graphical: boolean;
  readonly locked: boolean;
}

/** Users who have screens, all of them locked. Pure. */
export function lockedUsers(logins: readonly Login[]): ReadonlySet<number> {
  const screens = Map.groupBy(
    logins.filter(({ graphical }) => graphical),
    ({ uid }) => uid,
  );
  return new Set([...screens].filter(([, own]) => own.every(({ locked }) => locked)).map(([uid]) => uid));
}

async function askLogind(bus: MessageBus): Promise<Login[]> {
  const call = <T>(path: string, name: string, member: string, signature?: string, body?: unknown[]): Promise<T> =>
    Promise.resolve(
      bus.invoke<T>({
        destination: logind,
        path,
        interface: name,
        member,
        ...(signature === undefined ? {} : { signature, body: body ?? [] }),
      }),
    );
  const sessions = await call<[id: string, uid: number, user: string, seat: string, path: string][]>(
    "/org/freedesktop/login1",
    `${logind}.Manager`,
    "ListSessions",
  );
  return Promise.all(
    sessions.map(async ([, uid, , , path]) => {
      const property = async (name: string): Promise<unknown> =>
        contentOf(await call(path, "org.freedesktop.DBus.Properties", "Get", "ss", [`${logind}.Session`, name]));
      const [type, locked] = [await property("Type"), await property("LockedHint")];
      return { uid, graphical: ["x11", "wayland", "mir"].includes(String(type)), locked: locked === true };
    }),
  );
}

/** What a D-Bus variant holds. */
function contentOf(variant: unknown): unknown {
  return typeof variant === "object" && variant !== null && "value" in variant ? variant.value : variant;
}

export class LockedScreens {
  private known: ReadonlySet<number> = new Set();
  private asked = Number.NEGATIVE_INFINITY;
  private complained = false;

  /** By what was known a moment ago; asks anew for the next time. */
  has(uid: number): boolean {
    if (performance.now() - this.asked > freshness) {
      this.asked = performance.now();
      void this.ask();
    }
    return this.known.has(uid);
  }

  private async ask(): Promise<void> {
    try {
      this.known = lockedUsers(await withSystemBus(patience, askLogind));
    } catch (error) {
      // A session may have ended in between; without logind nobody is known to be away.
      this.known = new Set();
      if (!this.complained)
        log("info", "logind could not be asked about screens", { error: String(error).slice(0, 200) });
      this.complained = true;
    }
  }
}
