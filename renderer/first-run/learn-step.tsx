// Step two: what happens to what is new at the moment, and where that is changed.
import { Heading } from "react-aria-components";
import { Face } from "../frame/standing-control.tsx";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";

const words = text.firstRun.learn;
const told = { learn: words.learning, ask: words.asking, allow: words.allowing, block: words.blocking } as const;

export function LearnStep() {
  const status = useKnown((known) => known.status);
  const mode = status?.mode ?? "learn";
  return (
    <>
      <Heading slot="title">{mode === "learn" ? words.title.learn : words.title.other}</Heading>
      {told[mode].map((each) => (
        <p key={each}>{each}</p>
      ))}
      {status && (
        <div className="dialog-subject first-run-where">
          <Face standing={status} />
          <span>{words.where}</span>
        </div>
      )}
    </>
  );
}
