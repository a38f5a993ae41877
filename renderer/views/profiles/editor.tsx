// A profile is written or changed: what it is called, and in which network it is the active one.
import { useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { Networks, Profile } from "../../../contract/words.ts";
import { bridge } from "../../bridge.ts";
import { plain } from "../../format.ts";
import { Choice } from "../../parts/choice.tsx";
import { Named, Suggested, TextLine } from "../../parts/fields.tsx";
import { useFirstFault } from "../../parts/first-fault.ts";
import { ErrorLine } from "../../parts/notice.tsx";
import { SaveButtons } from "../../parts/save-buttons.tsx";
import { text } from "../../text.ts";
import { type Draft, draftOf, type Problem, problemsOf, profileOf, whenActive } from "./words.ts";

const words = text.profiles.form;

type Props = {
  profile: Profile;
  /** Rules go by the name: only a new one has yet to get it. */
  isNew: boolean;
  taken: readonly string[];
  networks: Networks | null;
  close: () => void;
  saved: () => void;
};

export function ProfileEditor({ profile, isNew, taken, networks, close, saved }: Props) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(profile));
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const { form, look } = useFirstFault();
  const problems = problemsOf(draft, isNew ? taken : []);
  const problem = (...of: Problem[]) => {
    const found = tried ? of.find((each) => problems.includes(each)) : undefined;
    return found === undefined ? null : words.problems[found];
  };
  const gateways = (networks?.gateways ?? []).flatMap(({ address, mac }) =>
    mac === null ? [address] : [mac, address],
  );

  const save = async (): Promise<void> => {
    setTried(true);
    look();
    if (problems.length > 0 || busy) return;
    setBusy(true);
    const outcome = await bridge.call("profiles.define", profileOf(draft));
    setBusy(false);
    setError(outcome.ok ? null : outcome.code);
    if (outcome.ok) saved();
    else look();
  };

  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && close()}>
      <Modal className="modal">
        <Dialog className="dialog" ref={form}>
          <Heading slot="title">{isNew ? words.add : words.change(plain(profile.name))}</Heading>
          {isNew && (
            <TextLine
              label={words.name}
              value={draft.name}
              change={(name) => change({ name })}
              hint={words.nameHint}
              problem={problem("name", "taken")}
              most={64}
            />
          )}
          <p className="hint">{words.whenHint}</p>
          <Suggested
            label={words.ssid}
            value={draft.ssid}
            change={(ssid) => change({ ssid })}
            hint={words.ssidHint}
            problem={problem("ssid")}
            most={32}
            known={networks?.ssids ?? []}
          />
          <Suggested
            label={words.gateway}
            value={draft.gateway}
            change={(gateway) => change({ gateway })}
            hint={words.gatewayHint}
            problem={error === "bad_address" ? words.problems.gateway : null}
            most={64}
            known={gateways}
          />
          <Named label={words.vpn}>
            <Choice<Draft["vpn"]>
              label={words.vpn}
              value={draft.vpn}
              options={words.vpns}
              choose={(vpn) => change({ vpn })}
            />
          </Named>
          <p className="dialog-subject" aria-live="polite">
            {whenActive(profileOf(draft))}.
          </p>
          {error && error !== "bad_address" && <ErrorLine code={error} />}
          <SaveButtons words={words} close={close} save={save} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
