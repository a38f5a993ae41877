// What is remembered of traffic, and for how long: the same as in the history's own dialog.
import { text } from "../../../text.ts";
import { Keeping } from "../../history/keeping.tsx";
import type { Section } from "../setting.ts";

const words = text.history.keeping;

export const history: Section = {
  id: "history",
  title: text.history.title,
  settings: [{ id: "keeping", title: words.title, find: words.find, place: "own", Control: Keeping }],
};
