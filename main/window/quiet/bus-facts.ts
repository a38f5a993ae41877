// What the desktop says over D-Bus of its lock and of Do Not Disturb. Each desktop says it elsewhere; whoever is not there says nothing.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Bus } from "../desktop/bus.ts";
import type { Facts } from "./quiet.ts";

interface Source {
  readonly fact: "locked" | "doNotDisturb";
  readonly bus: "session" | "system";
  readonly service: string;
  /** Null where it does not say. */
  ask(bus: Bus): Promise<unknown>;
}

function screenSaver(service: string): Source {
  const path = `/${service.replaceAll(".", "/")}`;
  const ask = (bus: Bus): Promise<unknown> =>
    bus.call({ destination: service, path, interface: service, member: "GetActive" });
  return { fact: "locked", bus: "session", service, ask };
}

const login = "org.freedesktop.login1";
const notifications = "org.freedesktop.Notifications";
const notificationsPath = "/org/freedesktop/Notifications";
const xfconf = "org.xfce.Xfconf";

export const sources: readonly Source[] = [
  ...["org.freedesktop", "org.gnome", "org.cinnamon", "org.mate"].map((prefix) => screenSaver(`${prefix}.ScreenSaver`)),
  {
    fact: "locked",
    bus: "system",
    service: login,
    ask: (bus) => bus.property(login, "/org/freedesktop/login1/session/auto", `${login}.Session`, "LockedHint"),
  },
  // KDE's notifications, and dunst.
  {
    fact: "doNotDisturb",
    bus: "session",
    service: notifications,
    ask: (bus) => bus.property(notifications, notificationsPath, notifications, "Inhibited"),
  },
  {
    fact: "doNotDisturb",
    bus: "session",
    service: notifications,
    ask: (bus) => bus.property(notifications, notificationsPath, "org.dunstproject.cmd0", "paused"),
  },
  {
    fact: "doNotDisturb",
    bus: "session",
    service: xfconf,
    ask: (bus) =>
      bus.call({
        destination: xfconf,
        path: "/org/xfce/Xfconf",
        interface: xfconf,
        member: "GetProperty",
        signature: "ss",
        body: ["xfce4-notifyd", "/do-not-disturb"],
      }),
  },
  // GNOME keeps it among its settings, which tell of a change but not what it is.
  { fact: "doNotDisturb", bus: "session", service: "ca.desrt.dconf", ask: bannersOff },
];

async function bannersOff(): Promise<boolean> {
  const words = ["get", "org.gnome.desktop.notifications", "show-banners"];
  const { stdout } = await promisify(execFile)("gsettings", words, { timeout: 5000 });
  return stdout.trim() === "false";
}

/** How long after a bus was lost it is looked for again, ms. */
const lookAgain = 10_000;

/** Follows one bus. `told`: at first and with every change, what its sources say together. */
export class BusFacts {
  private readonly which: "session" | "system";
  private readonly address: string | undefined;
  private readonly told: (facts: Partial<Facts>) => void;
  private bus: Bus | null = null;
  private looking = false;
  private again = false;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    which: "session" | "system",
    address: string | undefined,
    told: (facts: Pick<Facts, "locked" | "doNotDisturb">) => void,
  ) {
    this.which = which;
    this.address = address;
    this.told = told as (facts: Partial<Facts>) => void;
    void this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.bus?.close();
  }

  private get own(): Source[] {
    return sources.filter(({ bus }) => bus === this.which);
  }

  private async connect(): Promise<void> {
    const bus = await Bus.open(this.address, () => this.lose());
    if (bus === null || this.closed) {
      bus?.close();
      if (this.address !== undefined) this.connectLater();
      return;
    }
    this.bus = bus;
    try {
      // A forged signal costs a look, no more: what it says is not believed but asked.
      const look = (): void => void this.look();
      const paths = this.which === "system" ? ",path_namespace='/org/freedesktop/login1/session'" : "";
      for (const service of new Set(this.own.map(({ service }) => service))) {
        await bus.listen(`sender='${service}'${paths}`, look);
        await bus.listen(`sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${service}'`, look);
      }
      await this.look();
    } catch {
      this.lose();
    }
  }

  private lose(): void {
    if (this.closed || this.bus === null) return;
    this.bus.close();
    this.bus = null;
    this.told({ locked: false, doNotDisturb: false });
    this.connectLater();
  }

  private connectLater(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.timer = setTimeout(() => void this.connect(), lookAgain);
    this.timer.unref();
  }

  /** One look at a time; what changed meanwhile is seen by the next one. */
  private async look(): Promise<void> {
    this.again = true;
    if (this.looking) return;
    this.looking = true;
    while (this.again && this.bus !== null) {
      this.again = false;
      const { bus } = this;
      const said = await Promise.all(this.own.map(async (source) => ({ ...source, is: await answer(bus, source) })));
      if (this.bus !== bus || this.closed) break;
      const any = (fact: Source["fact"]): boolean => said.some((each) => each.fact === fact && each.is);
      this.told({ locked: any("locked"), doNotDisturb: any("doNotDisturb") });
    }
    this.looking = false;
  }
}

async function answer(bus: Bus, { service, ask }: Source): Promise<boolean> {
  try {
    return (await bus.isThere(service)) && (await ask(bus)) === true;
  } catch {
    return false; // another desktop's way of saying it
  }
}
