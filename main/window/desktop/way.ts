// How a question comes up: by a window of its own, or by a notification that opens it. Pure.

export type Way = "raise" | "announce";

/** Electron's first major version that is a Wayland client wherever it can be. */
const waylandByDefault = 38;

/**
 * On X11 a window comes up on top and takes no focus. A Wayland client can ask for neither: there a notification comes first.
 * `platform`: Chromium's --ozone-platform, "" where it was not said.
 */
export function wayOf(platform: string, electron: string, env: NodeJS.ProcessEnv): Way {
  if (platform !== "") return platform === "wayland" ? "announce" : "raise";
  const session = env.XDG_SESSION_TYPE === "wayland" && Boolean(env.WAYLAND_DISPLAY);
  return session && Number.parseInt(electron, 10) >= waylandByDefault ? "announce" : "raise";
}
