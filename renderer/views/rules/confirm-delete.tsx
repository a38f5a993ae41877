// The question before rules are deleted. The safe answer has the focus.
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { Rule } from "../../../contract/words.ts";
import { ruleSentence } from "../../sentence.ts";
import { text } from "../../text.ts";

const words = text.rules.confirm;

/** Rules that are told one by one. */
const told = 5;

type Props = { rules: readonly Rule[]; yes: (rules: readonly Rule[]) => void; no: () => void };

export function ConfirmDelete({ rules, yes, no }: Props) {
  const more = rules.length - told;
  return (
    <ModalOverlay
      className="veil"
      isOpen={rules.length > 0}
      isDismissable
      onOpenChange={(open) => {
        if (!open) no();
      }}
    >
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{words.title(rules.length)}</Heading>
          <div className="dialog-subject">
            {rules.slice(0, told).map((rule) => (
              <p key={rule.id}>{ruleSentence(rule)}</p>
            ))}
            {more > 0 && <p className="second">{words.more(more)}</p>}
          </div>
          <p className="hint">{words.body}</p>
          <div className="dialog-buttons">
            <Button className="button" autoFocus onPress={no}>
              {words.no(rules.length)}
            </Button>
            <Button className="button button-block" onPress={() => yes(rules)}>
              {words.yes(rules.length)}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
