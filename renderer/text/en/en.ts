// Everything the windows say, in English: the catalogue whose shape every other language has to have.
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

export const en = {
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
};
