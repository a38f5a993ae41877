// A question before something is done that cannot be taken back. The safe answer has the focus.
import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import { ErrorLine } from "../../parts/notice.tsx";

type Props = {
  title: string;
  children: ReactNode;
  error: ErrorCode | null;
  no: { word: string; act: () => void };
  yes: { word: string; act: () => void; busy: boolean };
};

export function Sure({ title, children, error, no, yes }: Props) {
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && no.act()}>
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{title}</Heading>
          {children}
          {error && <ErrorLine code={error} />}
          <div className="dialog-buttons">
            <Button className="button" autoFocus onPress={no.act}>
              {no.word}
            </Button>
            <Button className="button button-block" isDisabled={yes.busy} onPress={yes.act}>
              {yes.word}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
