// Everything the windows say, in English: the catalogue whose shape every other language has to have.
import { errors } from "./errors.ts";
import { helper } from "./helper.ts";
import { history } from "./history.ts";
import { inbox } from "./inbox.ts";
import { language } from "./language.ts";
import { monitor } from "./monitor.ts";
import { prompt } from "./prompt.ts";
import { rules } from "./rules.ts";
import { shell } from "./shell.ts";
import { words } from "./words.ts";

export const en = { ...shell, ...words, ...errors, helper, history, inbox, language, monitor, prompt, rules };
