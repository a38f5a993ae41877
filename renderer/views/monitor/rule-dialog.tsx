// A rule from a row: how wide, how long, and what it will mean, before it is saved.
import { useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { RuleLifetime } from "../../../contract/lifetime.ts";
import type { Row } from "../../../contract/monitor.ts";
import type { Direction } from "../../../contract/words.ts";
import { bridge } from "../../bridge.ts";
import { Choice } from "../../parts/choice.tsx";
import { ErrorLine } from "../../parts/notice.tsx";
import { text } from "../../text.ts";
import { type Draft, directionsOf, firstDraft, previewOf, ruleOf, type Width, widthsOf } from "./draft.ts";

const words = text.monitor.rule;
const { once: _once, ...lifetimes } = text.prompt.lifetimes;

export type Saved = { sentence: string; change: number | null };
type Props = { row: Row; action: Draft["action"]; close: () => void; saved: (saved: Saved) => void };

export function RuleDialog({ row, action, close, saved }: Props) {
  const [draft, setDraft] = useState(() => firstDraft(row, action));
  const [error, setError] = useState<ErrorCode | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const directions = directionsOf(row);
  const sentence = previewOf(row, draft);

  const save = async (): Promise<void> => {
    setBusy(true);
    const outcome = await bridge.call("rules.add", ruleOf(row, draft));
    setBusy(false);
    setError(outcome.ok ? null : outcome.code);
    if (outcome.ok) saved({ sentence, change: outcome.result.change });
  };

  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="modal">
        <Dialog className="dialog rule-dialog">
          <Heading slot="title">{words.title[action]}</Heading>
          {directions.length > 1 && (
            <Line label={words.way}>
              <Choice<Direction>
                label={words.way}
                value={draft.direction}
                options={words.ways}
                choose={(direction) => change({ direction })}
              />
            </Line>
          )}
          <Line label={words.where[draft.direction]}>
            <Choice<Width>
              label={words.where[draft.direction]}
              value={draft.width}
              options={widthsOf(row, draft.direction) as Record<Width, string>}
              choose={(width) => change({ width })}
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
          <p className="dialog-subject" aria-live="polite">
            {sentence}
          </p>
          {error && <ErrorLine code={error} />}
          <div className="dialog-buttons">
            <Button className="button" autoFocus onPress={close}>
              {words.cancel}
            </Button>
            <Button className={`button button-${action}`} isDisabled={busy} onPress={() => void save()}>
              {words.save}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="rule-line">
      <span className="second" aria-hidden="true">
        {label}
      </span>
      {children}
    </div>
  );
}
