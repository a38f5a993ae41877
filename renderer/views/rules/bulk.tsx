// The head of the list: all of it chosen or nothing, and what can be done with what is chosen.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { Button } from "react-aria-components";
import type { Rule } from "../../../contract/words.ts";
import { text } from "../../text.ts";
import { Tick } from "./tick.tsx";

const words = text.rules.bulk;

type Props = {
  rows: readonly Rule[];
  chosen: readonly Rule[];
  online: boolean;
  chooseAll: (all: boolean) => void;
  enable: (rules: readonly Rule[], enabled: boolean) => void;
  remove: (rules: readonly Rule[]) => void;
};

export function Bulk({ rows, chosen, online, chooseAll, enable, remove }: Props) {
  const off = chosen.filter((rule) => !rule.enabled);
  const on = chosen.filter((rule) => rule.enabled);
  const own = chosen.filter((rule) => rule.origin !== "factory");
  const all = chosen.length > 0 && chosen.length === rows.length;
  return (
    <div className="row rule-bulk" role="row">
      <span role="columnheader">
        <Tick label={words.all} selected={all} some={chosen.length > 0 && !all} change={() => chooseAll(!all)} />
      </span>
      <span role="columnheader" className="rule-bulk-words">
        {chosen.length === 0 ? words.all : words.chosen(chosen.length)}
      </span>
      {chosen.length > 0 && (
        <span role="columnheader" className="rule-bulk-acts">
          <Button className="button" isDisabled={!online || off.length === 0} onPress={() => enable(off, true)}>
            {words.on}
          </Button>
          <Button className="button" isDisabled={!online || on.length === 0} onPress={() => enable(on, false)}>
            {words.off}
          </Button>
          <Button className="button button-block" isDisabled={!online || own.length === 0} onPress={() => remove(own)}>
            {words.remove}
          </Button>
        </span>
      )}
    </div>
  );
}
