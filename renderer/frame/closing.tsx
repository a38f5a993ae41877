// Asked when the main window is closed where no tray would show the way back.
import { useEffect } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { create } from "zustand";
import type { Update } from "../../contract/bridge.ts";
import { bridge } from "../bridge.ts";
import { prefer, useShell } from "../preferences.ts";
import { text } from "../text.ts";

const words = text.settings.closing;

const useClosing = create<{ asked: boolean }>()(() => ({ asked: false }));

export function takeClosing(update: Update): void {
  if (update.kind === "closing") useClosing.setState({ asked: true });
}

function leave(how: "minimise" | "close" | "quit"): void {
  useClosing.setState({ asked: false });
  // Ending it all is no habit: the next time is asked about again.
  if (how !== "quit") prefer({ closing: how });
  void bridge.shell({ do: "leave", how });
}

export function Closing() {
  const { asked } = useClosing();
  const tray = useShell(({ tray }) => tray);
  // A tray that came meanwhile answers the question.
  useEffect(() => {
    if (tray) useClosing.setState({ asked: false });
  }, [tray]);
  return (
    <ModalOverlay
      className="veil"
      isOpen={asked}
      isDismissable
      onOpenChange={(open) => useClosing.setState({ asked: open })}
    >
      <Modal className="modal">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title">{words.title}</Heading>
          <p>{words.body}</p>
          <p className="hint">{words.again}</p>
          <div className="dialog-buttons closing-buttons">
            <Button className="button button-quiet" onPress={() => leave("quit")}>
              {words.quit}
            </Button>
            <Button className="button" onPress={() => leave("close")}>
              {words.close}
            </Button>
            <Button className="button" autoFocus onPress={() => leave("minimise")}>
              {words.minimise}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
