// The first run: what Picket does, what learning means, and a question to try. Shown once by itself, and whenever it is asked for.
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { change, useStanding } from "../frame/standing.ts";
import { ErrorLine } from "../parts/notice.tsx";
import { useShell } from "../preferences.ts";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import { CardStep } from "./card-step.tsx";
import { LearnStep } from "./learn-step.tsx";
import { endFirstRun, type Step, stepAt, steps, useFirstRun } from "./steps.ts";
import { WhatStep } from "./what-step.tsx";

const words = text.firstRun;

const pages = { what: WhatStep, learn: LearnStep, card: CardStep } as const;

export function FirstRun() {
  const { wanted, step } = useFirstRun();
  const unseen = useShell(({ known, preferences }) => known && !preferences.introduced);
  return (
    <ModalOverlay
      className="veil"
      isOpen={wanted || unseen}
      // Escape ends it; a press beside it does not: it comes up by itself only once.
      onOpenChange={(open) => {
        if (!open) endFirstRun();
      }}
    >
      <Modal className="modal first-run-modal">
        <Dialog className="dialog first-run" aria-label={words.label}>
          <Steps step={step} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Steps({ step }: { step: Step }) {
  const Page = pages[step];
  const at = steps.indexOf(step);
  return (
    <>
      <div className="first-run-place">
        <span className="first-run-dots" aria-hidden="true">
          {steps.map((each, index) => (
            <span key={each} className="first-run-dot" data-done={index <= at} />
          ))}
        </span>
        <span className="second">{words.step(at + 1, steps.length)}</span>
      </div>
      <div className="first-run-page" data-step={step}>
        <Page />
      </div>
      <Foot step={step} />
    </>
  );
}

function Foot({ step }: { step: Step }) {
  const mode = useKnown(({ status }) => status?.mode);
  const up = useKnown(({ link }) => link.state === "up");
  const { error } = useStanding();
  const last = step === "card";
  const go = (by: number) => useFirstRun.setState({ step: stepAt(step, by) });
  const ask = async (): Promise<void> => {
    // The panel would lie below this dialog; what was refused is said here.
    if (await change("mode.set", { mode: "ask" })) endFirstRun();
    else useStanding.setState({ open: false });
  };
  return (
    <>
      {last && mode === "learn" && (
        <div className="first-run-end">
          <Heading level={3}>{words.end.title}</Heading>
          <div className="first-run-choices">
            <Button className="button first-run-choice" isDisabled={!up} onPress={() => void ask()}>
              <strong>{words.end.ask}</strong>
              <span className="second">{words.end.askHint}</span>
            </Button>
            <Button className="button button-main first-run-choice" onPress={endFirstRun}>
              <strong>{words.end.learn}</strong>
              <span className="second">{words.end.learnHint}</span>
            </Button>
          </div>
          {error && <ErrorLine code={error} />}
        </div>
      )}
      <div className="first-run-foot">
        {step !== "what" && (
          <Button className="button" onPress={() => go(-1)}>
            {words.back}
          </Button>
        )}
        <span className="first-run-space" />
        {!last && (
          <Button className="button button-quiet" onPress={endFirstRun}>
            {words.later}
          </Button>
        )}
        {!last && (
          <Button className="button button-main" autoFocus onPress={() => go(1)}>
            {words.next}
          </Button>
        )}
        {last && mode !== "learn" && (
          <Button className="button button-main" onPress={endFirstRun}>
            {words.done}
          </Button>
        )}
      </div>
    </>
  );
}
