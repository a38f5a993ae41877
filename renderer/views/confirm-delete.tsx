// The question before a rule is deleted. The safe answer has the focus.
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { Rule } from "../../contract/words.ts";
import { ruleSentence } from "../sentence.ts";
import { text } from "../text.ts";

const words = text.rules.confirm;

export function ConfirmDelete({ rule, yes, no }: { rule: Rule | null; yes: (rule: Rule) => void; no: () => void }) {
  return (
    <ModalOverlay
      className="veil"
      isOpen={rule !== null}
      isDismissable
      onOpenChange={(open) => {
        if (!open) no();
      }}
    >
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{words.title}</Heading>
          {rule && <p className="dialog-subject">{ruleSentence(rule)}</p>}
          <p className="hint">{words.body}</p>
          <div className="dialog-buttons">
            <Button className="button" autoFocus onPress={no}>
              {words.no}
            </Button>
            <Button className="button button-block" onPress={() => rule && yes(rule)}>
              {words.yes}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
