// A rule is written or changed: its parts, and what they mean together before it is saved.
import { useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { ErrorCode } from "../../contract/errors.ts";
import type { Rule } from "../../contract/words.ts";
import { useFirstFault } from "../parts/first-fault.ts";
import { ErrorLine } from "../parts/notice.tsx";
import { SaveButtons } from "../parts/save-buttons.tsx";
import { text } from "../text.ts";
import { Choices } from "./choices.tsx";
import { type Draft, draftOf, emptyDraft, faultOf, previewOf, problemsOf, ruleOf, titleOf } from "./draft.ts";
import { Parts } from "./parts.tsx";
import { saveRule } from "./save.ts";
import type { Suggested } from "./suggested.ts";

const words = text.rules.editor;

type Props = {
  /** The one that is changed; null for a new one. */
  rule: Rule | null;
  suggested?: Suggested;
  close: () => void;
  saved: (sentence: string, changes: number[]) => void;
};

export function RuleForm({ rule, suggested, close, saved }: Props) {
  const [draft, setDraft] = useState(() => suggested?.draft ?? (rule ? draftOf(rule) : emptyDraft));
  const [error, setError] = useState<ErrorCode | null>(null);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const { form, look } = useFirstFault();
  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    setError(null);
  };
  const problems = problemsOf(draft);
  const called = suggested && draft.app === suggested.draft.app ? suggested.called : null;
  const sentence = previewOf(draft, called);
  const fault = faultOf(error);
  // A folded field cannot say what is wrong with it.
  const [open, setOpen] = useState(false);
  const unfolded = open || (tried && problems.length > 0) || fault !== null;

  // The button stays one that can have the focus while the answer is on its way: Escape goes on closing the form.
  const save = async (): Promise<void> => {
    setTried(true);
    look();
    if (problems.length > 0 || busy) return;
    setBusy(true);
    const { changes, code } = await saveRule(ruleOf(draft), rule);
    setBusy(false);
    setError(code);
    if (code === null) saved(sentence, changes);
    else look();
  };

  const parts = (
    <Parts
      withoutLifetime={suggested !== undefined}
      draft={draft}
      change={change}
      problem={(name) => {
        if (tried && problems.includes(name)) return words.problems[name];
        return error !== null && fault === name ? text.errors[error] : null;
      }}
    />
  );
  const title = rule ? words.change : suggested ? titleOf(draft, called) : words.add;

  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(isOpen) => !isOpen && close()}>
      <Modal className={suggested ? "modal modal-form" : "modal modal-wide"}>
        <Dialog className="dialog rule-editor" ref={form}>
          <Heading slot="title">{title}</Heading>
          {suggested ? (
            <>
              <Choices suggested={suggested} draft={draft} change={change} />
              <details
                className="fold rule-more"
                open={unfolded}
                onToggle={(event) => setOpen(event.currentTarget.open)}
              >
                <summary>{words.more}</summary>
                {unfolded && parts}
              </details>
            </>
          ) : (
            parts
          )}
          <p className="dialog-subject" aria-live="polite">
            {sentence} {rule && !rule.enabled && words.switchesOn}
          </p>
          {error && fault === null && <ErrorLine code={error} />}
          <SaveButtons words={words} close={close} save={save} autoFocus={suggested !== undefined} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
