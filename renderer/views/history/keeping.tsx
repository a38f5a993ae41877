// What is kept of history and for how long: in a dialog of the history, and as a part of the settings.
import { useCallback, useEffect, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay, Switch } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { HistorySettings } from "../../../contract/history.ts";
import type { Params } from "../../../contract/methods.ts";
import { bridge } from "../../bridge.ts";
import { baseName, humanBytes, pathText } from "../../format.ts";
import { ErrorLine } from "../../parts/notice.tsx";
import { Pick } from "../../parts/pick.tsx";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { ForgetDialog } from "./forget.tsx";
import { dayText } from "./words.ts";

const words = text.history.keeping;

/** Hours; days. What is set already, by the command line maybe, can be chosen as well. */
const usualMinutes = [6, 24, 48, 168];
const usualDays = [7, 30, 90, 365, 730];

const options = (usual: readonly number[], now: number, said: (n: number) => string): Record<string, string> =>
  // Keys that look like numbers would be put in order by themselves, and so they are to be.
  Object.fromEntries([...new Set([...usual, now])].sort((a, b) => a - b).map((each) => [each, said(each)]));

export function Keeping() {
  const up = useKnown((known) => known.link.state === "up");
  const [settings, setSettings] = useState<HistorySettings | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  /** Less is to be kept: what is older would go. */
  const [shorter, setShorter] = useState<{ change: Params<"history.configure">; time: string } | null>(null);
  const [forgetting, setForgetting] = useState(false);

  const read = useCallback(async (): Promise<void> => {
    const outcome = await bridge.call("history.settings", {});
    setError(outcome.ok ? null : outcome.code);
    if (outcome.ok) setSettings(outcome.result);
  }, []);
  useEffect(() => {
    if (up) void read();
  }, [up, read]);

  const configure = async (change: Params<"history.configure">): Promise<void> => {
    setShorter(null);
    const outcome = await bridge.call("history.configure", change);
    setError(outcome.ok ? null : outcome.code);
    if (outcome.ok) setSettings(outcome.result);
  };
  const keep = (name: "minutes" | "days", before: number, next: number): void => {
    const said = name === "minutes" ? words.hours : words.daysOf;
    if (next < before) setShorter({ change: { [name]: next }, time: said(next) });
    else void configure({ [name]: next });
  };
  const show = async (app: string): Promise<void> => {
    const outcome = await bridge.call("history.setPrivate", { app, private: false });
    setError(outcome.ok ? null : outcome.code);
    if (outcome.ok) setSettings(outcome.result);
  };

  if (settings === null) return error ? <ErrorLine code={error} /> : <p className="hint">{text.history.asking}</p>;
  const { recording, minutes, days, private: hidden, bytes, since } = settings;
  return (
    <div className="keeping">
      <Switch className="keeping-line" isSelected={recording} onChange={(on) => void configure({ recording: on })}>
        {({ isSelected }) => (
          <>
            <span>{words.recording}</span>
            <span className="switch" data-selected={isSelected || undefined} aria-hidden="true">
              <span className="switch-track">
                <span className="switch-thumb" />
              </span>
            </span>
          </>
        )}
      </Switch>
      <div className="keeping-line">
        <span>{words.minutes}</span>
        <Pick
          label={words.minutes}
          value={String(minutes)}
          options={options(usualMinutes, minutes, words.hours)}
          choose={(next) => keep("minutes", minutes, Number(next))}
        />
      </div>
      <div className="keeping-line">
        <span>{words.days}</span>
        <Pick
          label={words.days}
          value={String(days)}
          options={options(usualDays, days, words.daysOf)}
          choose={(next) => keep("days", days, Number(next))}
        />
      </div>
      {shorter && (
        <div className="keeping-sure" role="alert">
          <p>{words.shorter(shorter.time)}</p>
          <div className="dialog-buttons">
            <Button className="button" autoFocus onPress={() => setShorter(null)}>
              {words.keep}
            </Button>
            <Button className="button button-block" onPress={() => void configure(shorter.change)}>
              {words.delete}
            </Button>
          </div>
        </div>
      )}
      <div className="keeping-private">
        <p>{words.private}</p>
        {hidden.length === 0 ? (
          <p className="second">{words.none}</p>
        ) : (
          <ul>
            {hidden.map((path) => (
              <li key={path} className="keeping-line">
                <bdi className="line" title={pathText(path)}>
                  {pathText(path)}
                </bdi>
                <Button className="button" aria-label={words.againApp(baseName(path))} onPress={() => void show(path)}>
                  {words.again}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </div>
      {error && <ErrorLine code={error} />}
      <div className="keeping-line">
        <span className="second">{words.size(humanBytes(bytes), since === null ? null : dayText(since))}</span>
        <Button className="button" onPress={() => setForgetting(true)}>
          {words.forget}
        </Button>
      </div>
      {forgetting && (
        <ForgetDialog
          app={null}
          shown={null}
          close={() => setForgetting(false)}
          done={() => {
            setForgetting(false);
            void read();
          }}
        />
      )}
    </div>
  );
}

export function KeepingDialog({ close }: { close: () => void }) {
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="modal modal-keeping">
        <Dialog className="dialog">
          <Heading slot="title">{words.title}</Heading>
          <p className="hint">{words.hint}</p>
          <Keeping />
          <div className="dialog-buttons">
            <Button className="button" onPress={close}>
              {words.close}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
