// Can the window show itself, where there is a desktop? `desktopFindings` is pure.
import { Bus, busAddress } from "../../window/desktop/bus.ts";
import { type Finding, good, note, unknown } from "./finding.ts";

export interface Desktop {
  readonly tray: boolean;
  readonly notifications: boolean;
  readonly portal: boolean;
  readonly polkit: boolean;
  /** What kind of session the environment says it is. */
  readonly session: "wayland" | "x11" | "none";
}

const services = {
  tray: "org.kde.StatusNotifierWatcher",
  notifications: "org.freedesktop.Notifications",
  portal: "org.freedesktop.portal.Desktop",
} as const;

/** Null where this process has no session bus. */
export async function readDesktop(env: NodeJS.ProcessEnv): Promise<Desktop | null> {
  const session = await Bus.open(busAddress("session", env), () => {});
  if (session === null) return null;
  try {
    const has = (service: string) => session.isThere(service).catch(() => false);
    const [tray, notifications, portal] = await Promise.all([
      has(services.tray),
      has(services.notifications),
      has(services.portal),
    ]);
    return { tray, notifications, portal, polkit: await hasPolkit(env), session: kindOf(env) };
  } finally {
    session.close();
  }
}

async function hasPolkit(env: NodeJS.ProcessEnv): Promise<boolean> {
  const system = await Bus.open(busAddress("system", env), () => {});
  if (system === null) return false;
  try {
    return await system.isThere("org.freedesktop.PolicyKit1");
  } catch {
    return false;
  } finally {
    system.close();
  }
}

function kindOf(env: NodeJS.ProcessEnv): Desktop["session"] {
  if (env.WAYLAND_DISPLAY) return "wayland";
  return env.DISPLAY ? "x11" : "none";
}

export function desktopFindings(desktop: Desktop | null): Finding[] {
  if (desktop === null)
    return [
      unknown("desktop", "no session bus here: run it in a terminal of your desktop to see tray and notifications"),
    ];
  const { tray, notifications, portal, polkit, session } = desktop;
  return [
    session === "none" ? note("desktop", "a session bus, but no screen") : good("desktop", session),
    tray
      ? good("tray", "there")
      : note(
          "tray",
          "the desktop shows no tray icons",
          "On GNOME install the AppIndicator extension. Questions come up all the same.",
        ),
    notifications
      ? good("notifications", "there")
      : note(
          "notifications",
          "nobody shows notifications (or only when first needed)",
          "Install a notification daemon if questions go unnoticed.",
        ),
    portal
      ? good("portal", "there")
      : note(
          "portal",
          "xdg-desktop-portal does not run: no shortcut for the whole desktop",
          "Install xdg-desktop-portal and the part for your desktop.",
        ),
    polkit
      ? good("polkit", "there")
      : note(
          "polkit",
          "does not run, or only when first needed: the command line cannot ask for an administrator",
          "Install polkit, or use the window.",
        ),
  ];
}
