// The question before rules are deleted.
import type { Rule } from "../../../contract/words.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { ruleSentence } from "../../sentence.ts";
import { text } from "../../text.ts";

const words = text.rules.confirm;

/** Rules that are told one by one. */
const told = 5;

type Props = { rules: readonly Rule[]; yes: (rules: readonly Rule[]) => void; no: () => void };

export function ConfirmDelete({ rules, yes, no }: Props) {
  const more = rules.length - told;
  return (
    <Confirm
      isOpen={rules.length > 0}
      title={words.title(rules.length)}
      subject={
        <>
          {rules.slice(0, told).map((rule) => (
            <p key={rule.id}>{ruleSentence(rule)}</p>
          ))}
          {more > 0 && <p className="second">{words.more(more)}</p>}
        </>
      }
      body={words.body}
      no={{ word: words.no(rules.length), act: no }}
      yes={{ word: words.yes(rules.length), act: () => yes(rules) }}
    />
  );
}
