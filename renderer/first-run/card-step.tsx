// Step three: a true question to try. What is said of it is what happened.
// biome-ignore-all lint/a11y/useSemanticElements: a live region, not the result of a form
import { Button, Heading } from "react-aria-components";
import type { Example } from "../../contract/bridge.ts";
import { bridge } from "../bridge.ts";
import { plain } from "../format.ts";
import { Check, Hourglass, Slash, Warning } from "../parts/icons.tsx";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import { useFirstRun } from "./steps.ts";

const words = text.firstRun.card;

export function CardStep() {
  const { example } = useFirstRun();
  const up = useKnown(({ link }) => link.state === "up");
  const quiet = useKnown(({ attention }) => attention.quiet !== null);
  const { state } = example;
  const runs = state === "starting" || state === "asking";
  return (
    <>
      <Heading slot="title">{words.title}</Heading>
      <p>{words.intro}</p>
      <div className="example" data-example={state}>
        <p className="example-words" role="status">
          <Now example={example} up={up} />
        </p>
        {state === "asking" ? (
          <Button className="button" onPress={() => void bridge.shell({ do: "open-prompt" })}>
            {words.show}
          </Button>
        ) : (
          <Button
            className="button"
            isDisabled={!up || runs}
            onPress={() => void bridge.shell({ do: "example", on: true })}
          >
            {state === "none" || state === "starting" ? words.start : words.again}
          </Button>
        )}
      </div>
      {state === "asking" && quiet && <p className="hint">{words.quiet}</p>}
      <p className="hint">{words.keys}</p>
    </>
  );
}

function Now({ example, up }: { example: Example; up: boolean }) {
  if (!up) return words.notUp;
  switch (example.state) {
    case "none":
      return null;
    case "starting":
      return words.starting;
    case "asking":
      return (
        <>
          <Hourglass /> <span>{words.asking}</span>
        </>
      );
    case "allowed":
    case "blocked":
      return (
        <>
          {example.state === "allowed" ? <Check /> : <Slash />}
          <span>
            <strong>{words[example.state]}</strong> {words.proof}
          </span>
        </>
      );
    case "failed":
      return (
        <>
          <Warning />
          <span>
            {words.failed[example.why]} {example.detail && <small>{text.errorDetail(plain(example.detail))}</small>}
          </span>
        </>
      );
  }
}
