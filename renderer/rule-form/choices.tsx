// The choices that a suggested rule comes with: its direction where there are two, how wide it is, how long it holds.
import type { ReactNode } from "react";
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { RuleDirection } from "../../contract/words.ts";
import { Choice } from "../parts/choice.tsx";
import { text } from "../text.ts";
import type { Draft } from "./draft.ts";
import type { Suggested } from "./suggested.ts";

const words = text.monitor.rule;
const { once: _once, ...lifetimes } = text.prompt.lifetimes;

type Props = { suggested: Suggested; draft: Draft; change: (part: Partial<Draft>) => void };

export function Choices({ suggested: { directions, widths }, draft, change }: Props) {
  const where = words.where[draft.direction === "inbound" ? "inbound" : "outbound"];
  // None of them once its parts were written by hand.
  const chosen = widths.find(
    ({ part }) =>
      part.place === draft.place &&
      part.name === draft.name &&
      part.port === draft.port &&
      part.protocol === draft.protocol,
  );
  return (
    <>
      {directions.length > 1 && (
        <Line label={words.way}>
          <Choice<RuleDirection>
            label={words.way}
            value={draft.direction}
            options={words.ways as Record<RuleDirection, string>}
            choose={(direction) => change({ direction })}
          />
        </Line>
      )}
      <Line label={where}>
        <Choice
          label={where}
          value={chosen?.id ?? ""}
          options={Object.fromEntries(widths.map(({ id, word }) => [id, word(draft.direction)]))}
          choose={(id) => change(widths.find((each) => each.id === id)?.part ?? {})}
        />
      </Line>
      <Line label={words.lifetime}>
        <Choice<RuleLifetime>
          label={words.lifetime}
          value={draft.lifetime}
          options={lifetimes as Record<RuleLifetime, string>}
          choose={(lifetime) => change({ lifetime })}
        />
      </Line>
    </>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="rule-line">
      <span className="second" aria-hidden="true">
        {label}
      </span>
      {children}
    </div>
  );
}
