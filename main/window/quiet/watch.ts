// Puts together what the desktop says of its quiet.
import { busAddress } from "../desktop/bus.ts";
import { BusFacts } from "./bus-facts.ts";
import { Fullscreen } from "./fullscreen.ts";
import type { Facts } from "./quiet.ts";

export function watchQuiet(env: NodeJS.ProcessEnv, told: (facts: Facts) => void): { close(): void } {
  const said: Record<"session" | "system" | "screen", Partial<Facts>> = { session: {}, system: {}, screen: {} };
  const hear = (from: keyof typeof said, facts: Partial<Facts>): void => {
    said[from] = facts;
    const all = Object.values(said);
    const any = (fact: keyof Facts): boolean => all.some((each) => each[fact] === true);
    told({ locked: any("locked"), fullscreen: any("fullscreen"), doNotDisturb: any("doNotDisturb") });
  };
  const followed = [
    new BusFacts("session", busAddress("session", env), (facts) => hear("session", facts)),
    new BusFacts("system", busAddress("system", env), (facts) => hear("system", facts)),
    ...(env.DISPLAY ? [new Fullscreen(env.DISPLAY, (fullscreen) => hear("screen", { fullscreen }))] : []),
  ];
  return { close: () => followed.forEach((each) => void each.close()) };
}
