// All sections of the settings, in order.
import { about } from "./sections/about.tsx";
import { asking } from "./sections/asking.tsx";
import { history } from "./sections/history.tsx";
import { look } from "./sections/look.tsx";
import { quiet } from "./sections/quiet.tsx";
import { standing } from "./sections/standing.tsx";
import { start } from "./sections/start.tsx";
import type { Section } from "./setting.ts";

export const sections: readonly Section[] = [standing, asking, quiet, history, look, start, about];
