// A question before something is gone. The safe answer has the focus.
import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

type Props = {
  isOpen: boolean;
  title: string;
  /** What it is about. */
  subject: ReactNode;
  /** What will be different. */
  body: string;
  yes: { word: string; act: () => void };
  no: { word: string; act: () => void };
};

export function Confirm({ isOpen, title, subject, body, yes, no }: Props) {
  return (
    <ModalOverlay className="veil" isOpen={isOpen} isDismissable onOpenChange={(open) => !open && no.act()}>
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{title}</Heading>
          <div className="dialog-subject">{subject}</div>
          <p className="hint">{body}</p>
          <div className="dialog-buttons">
            <Button className="button" autoFocus onPress={no.act}>
              {no.word}
            </Button>
            <Button className="button button-block" onPress={yes.act}>
              {yes.word}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
