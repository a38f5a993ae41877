// A list is added: from an address that is fetched every day, or from a file that the person chooses with the system's dialog.
import { useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import { bridge } from "../../bridge.ts";
import { plain } from "../../format.ts";
import { Choice } from "../../parts/choice.tsx";
import { Named, TextLine } from "../../parts/fields.tsx";
import { useFirstFault } from "../../parts/first-fault.ts";
import { ErrorLine } from "../../parts/notice.tsx";
import { SaveButtons } from "../../parts/save-buttons.tsx";
import { text } from "../../text.ts";
import { chooseFile } from "./use-acts.ts";
import { type Draft, type Problem, problemsOf, suggestedName, wholeUrl } from "./words.ts";

const words = text.blocklists.form;
const empty: Draft = { from: "url", url: "", file: null, name: "" };

export function AddList({ close }: { close: () => void }) {
  const [draft, setDraft] = useState(empty);
  /** A name that the person wrote themselves stays. */
  const [named, setNamed] = useState(false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const { form, look } = useFirstFault();
  const problems = problemsOf(draft);
  const problem = (of: Problem) => (tried && problems.includes(of) ? words.problems[of] : null);
  const change = (part: Partial<Draft>, source?: string): void => {
    const name = named || source === undefined ? {} : { name: suggestedName(source) };
    setDraft({ ...draft, ...part, ...name });
  };

  const choose = async (): Promise<void> => {
    const chosen = await chooseFile();
    setError(chosen.ok ? null : chosen.code);
    if (chosen.ok && chosen.file !== null) change({ file: chosen.file }, chosen.file);
  };

  const save = async (): Promise<void> => {
    setTried(true);
    look();
    if (problems.length > 0 || busy) return;
    const name = draft.name.trim();
    setBusy(true);
    const outcome =
      draft.from === "url"
        ? await bridge.call("blocklists.add", { name, url: wholeUrl(draft.url) })
        : await bridge.listFile({ do: "hand-over", name, replace: false });
    setBusy(false);
    setError(outcome.ok ? null : outcome.code);
    if (outcome.ok) close();
  };

  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && close()}>
      <Modal className="modal">
        <Dialog className="dialog" ref={form}>
          <Heading slot="title">{words.title}</Heading>
          <Named label={words.from}>
            <Choice<Draft["from"]>
              label={words.from}
              value={draft.from}
              options={words.sources}
              choose={(from) => change({ from })}
            />
          </Named>
          {draft.from === "url" ? (
            <TextLine
              label={words.url}
              value={draft.url}
              change={(url) => change({ url }, url)}
              hint={words.urlHint}
              problem={problem("url")}
              most={2048}
            />
          ) : (
            <div className="field">
              <span className="field-label" aria-hidden="true">
                {words.file}
              </span>
              <div className="list-file">
                <Button className="button" onPress={() => void choose()}>
                  {words.choose}
                </Button>
                <bdi className={draft.file === null ? "hint" : "line"}>
                  {draft.file === null ? words.noFile : plain(draft.file)}
                </bdi>
              </div>
              {problem("file") ? (
                <span className="field-problem" role="alert">
                  {problem("file")}
                </span>
              ) : (
                <span className="second">{words.fileHint}</span>
              )}
            </div>
          )}
          <TextLine
            label={words.name}
            value={draft.name}
            change={(name) => {
              setNamed(name !== "");
              setDraft({ ...draft, name });
            }}
            hint={words.nameHint}
            problem={problem("name")}
            most={63}
          />
          <p className="hint">{words.kinds}</p>
          {error && <ErrorLine code={error} />}
          <SaveButtons words={words} close={close} save={save} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
