// Everything the windows say, in German. Picket says »du«, as most programs at home do by now; quotation marks are „…“. A sentence is
// built so that what is put in needs no case of its own: "kann {app} erreichen" takes any name.
import type { Catalogue } from "../catalogue.ts";
import { blocklists } from "./blocklists.ts";
import { errors } from "./errors.ts";
import { firstRun } from "./first-run.ts";
import { frame } from "./frame.ts";
import { helper } from "./helper.ts";
import { history } from "./history.ts";
import { inbox } from "./inbox.ts";
import { language } from "./language.ts";
import { learning } from "./learning.ts";
import { monitor } from "./monitor.ts";
import { profiles } from "./profiles.ts";
import { prompt } from "./prompt.ts";
import { rules } from "./rules.ts";
import { settings } from "./settings.ts";
import { shell } from "./shell.ts";
import { words } from "./words.ts";

// What the English catalogue has and this one has not is named by the compiler: file by file, since each is held to its part of the shape.
export const de = {
  ...shell,
  ...words,
  ...errors,
  blocklists,
  firstRun,
  frame,
  helper,
  history,
  inbox,
  language,
  learning,
  monitor,
  profiles,
  prompt,
  rules,
  settings,
} satisfies Catalogue;
