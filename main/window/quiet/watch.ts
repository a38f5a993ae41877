// Puts together what the desktop says, and tells why nothing may be raised, or null.
import type { QuietReason } from "../../../contract/bridge.ts";
import { busAddress } from "../desktop/bus.ts";
import { BusFacts } from "./bus-facts.ts";
import { Fullscreen } from "./fullscreen.ts";
import { type Facts, nothingSaid, quietReason } from "./quiet.ts";

export function watchQuiet(env: NodeJS.ProcessEnv, told: (why: QuietReason | null) => void): { close(): void } {
  const said: Record<"session" | "system" | "screen", Partial<Facts>> = { session: {}, system: {}, screen: {} };
  const hear = (from: keyof typeof said, facts: Partial<Facts>): void => {
    said[from] = facts;
    const all = Object.values(said);
    const any = (fact: keyof Facts): boolean => all.some((each) => each[fact] === true);
    told(
      quietReason({
        ...nothingSaid,
        locked: any("locked"),
        fullscreen: any("fullscreen"),
        doNotDisturb: any("doNotDisturb"),
      }),
    );
  };
  const followed = [
    new BusFacts("session", busAddress("session", env), (facts) => hear("session", facts)),
    new BusFacts("system", busAddress("system", env), (facts) => hear("system", facts)),
    ...(env.DISPLAY ? [new Fullscreen(env.DISPLAY, (fullscreen) => hear("screen", { fullscreen }))] : []),
  ];
  return { close: () => followed.forEach((each) => void each.close()) };
}
