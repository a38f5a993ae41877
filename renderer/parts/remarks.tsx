// What a person should know of a destination: that names are looked up there past this computer's name server, or that the app hides which
// host it means.
import type { Endpoint } from "../../contract/words.ts";
import { elided, plain } from "../format.ts";
import { text } from "../text.ts";

export type Remark = { key: string; word: string; why: string };

export function remarksOf({ bypass, names = [] }: Pick<Endpoint, "bypass" | "names">): Remark[] {
  const behind = names.find(({ ech }) => ech === true)?.name;
  return [
    ...(bypass === undefined ? [] : [{ key: "bypass", word: text.bypass[bypass].word, why: text.bypass[bypass].why }]),
    ...(behind === undefined
      ? []
      : [{ key: "ech", word: text.ech.word, why: text.ech.why(elided(plain(behind), 64)) }]),
  ];
}

export function Remarks({ endpoint }: { endpoint: Pick<Endpoint, "bypass" | "names"> }) {
  return remarksOf(endpoint).map(({ key, word, why }) => (
    <span key={key} className="tag tag-remark" title={why} data-remark={key}>
      {word}
    </span>
  ));
}
