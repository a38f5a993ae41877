// A process that sits in the tray all day should be small. What each step is worth was measured (docs/decisions/0020-memory-at-rest.md); none
// of it touches the pages' sandbox.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { App } from "electron";

/** When all that a window took is let go of, and the first state is there, milliseconds. */
const settled = 4000;

/** Must run before the app is ready. */
export function saveMemory(app: App): void {
  // GTK looks for OpenGL visuals at its start, for widgets that we have none of, and loads Mesa and LLVM to do so.
  process.env.GDK_GL = "disable";
  // Text and lines are as soon drawn by the processor, and a graphics driver takes more memory than all the rest.
  app.disableHardwareAcceleration();
  app.commandLine.appendSwitch("disable-software-rasterizer");
  // Our pages never reach the network, and on Linux this process has no sandbox of its own: it would protect nobody.
  app.commandLine.appendSwitch("enable-features", "NetworkServiceInProcess2");
  // Young generations stay small, here and in the pages: what they are told they keep, or forget at once.
  setFlagsFromString(youngStaysSmall);
  app.commandLine.appendSwitch("js-flags", youngStaysSmall);
}

const youngStaysSmall = "--semi-space-growth-factor=1";

/** Nothing is on the screen: what start and window took goes back to the system soon, not when V8 next runs short. */
export function giveBackSoon(): void {
  setTimeout(giveBack, settled).unref();
}

function giveBack(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")({ type: "major", execution: "sync", flavor: "last-resort" });
}
