// What a notification says of the card, where no window comes up by itself. Empty: there is nothing to say. Pure.
import type { Prompt } from "../../contract/words.ts";
import { appWord } from "../format.ts";
import { headlinePlace } from "../sentence.ts";
import { text } from "../text.ts";
import type { Quiet } from "./desk.ts";

const words = text.prompt.notice;

export type Announcement = { title: string; body: string; show: string; later: string };

/** `queue`: questions before the person, this card included. */
export function announcement(card: Prompt | undefined, queue: number, back: Quiet | null): Announcement {
  const { show, later } = words;
  if (back) return { title: text.product, body: text.prompt.back.title[back.why], show, later };
  if (!card) return { title: "", body: "", show, later };
  const app = appWord(card.app);
  const sentence = words.body[card.direction](app, headlinePlace(card));
  return {
    title: words.title(app),
    body: queue > 1 ? words.more(sentence, queue - 1) : sentence,
    show,
    later,
  };
}
