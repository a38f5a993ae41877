// A rule is written or changed: its parts, and what they mean together before it is saved.
import { useEffect, useMemo, useState } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { ErrorCode } from "../../contract/errors.ts";
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { Action, Protocol, Rule, RuleDirection, Zone } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { isIdentified, plain } from "../format.ts";
import { Choice } from "../parts/choice.tsx";
import { Named, Suggested as SuggestedLine, TextLine, TextLines } from "../parts/fields.tsx";
import { useFirstFault } from "../parts/first-fault.ts";
import { ErrorLine } from "../parts/notice.tsx";
import { Pick } from "../parts/pick.tsx";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import { Choices } from "./choices.tsx";
import { type Draft, draftOf, emptyDraft, faultOf, type Place, previewOf, problemsOf, ruleOf } from "./draft.ts";
import { saveRule } from "./save.ts";

const words = text.rules.editor;
const { once: _once, ...lifetimes } = text.prompt.lifetimes;

/** How wide a rule may be: a choice, and what it makes of the draft. */
export type Width = {
  id: string;
  word: (direction: RuleDirection) => string;
  part: Pick<Draft, "place" | "name" | "port" | "protocol">;
};

/** A rule that something in view suggests: its choices come first, every other part is folded. */
export type Suggested = {
  draft: Draft;
  /** The app's name, as it can be trusted. */
  called: string;
  directions: readonly RuleDirection[];
  /** Narrow to wide. */
  widths: readonly Width[];
};

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
      draft={draft}
      change={change}
      problem={(name) => {
        if (tried && problems.includes(name)) return words.problems[name];
        return error !== null && fault === name ? text.errors[error] : null;
      }}
    />
  );
  const title = rule ? words.change : suggested ? words.suggested[draft.action] : words.add;

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
          <div className="dialog-buttons">
            <Button className="button" autoFocus={suggested !== undefined} onPress={close}>
              {words.cancel}
            </Button>
            <Button className="button button-main" onPress={() => void save()}>
              {words.save}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

type PartsProps = {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  problem: (name: keyof typeof words.problems) => string | null;
};

function Parts({ draft, change, problem }: PartsProps) {
  const apps = useKnownApps();
  const profiles = useProfiles(draft.profile);
  const inbound = draft.direction === "inbound";
  return (
    <div className="rule-parts">
      <div className="field-pair">
        <Named label={words.action}>
          <Choice<Action>
            label={words.action}
            value={draft.action}
            options={text.action}
            choose={(action) => change({ action })}
          />
        </Named>
        <Named label={words.direction}>
          <Choice<RuleDirection>
            label={words.direction}
            value={draft.direction}
            options={words.directions}
            choose={(direction) => change({ direction })}
          />
        </Named>
      </div>
      <div className="field-pair">
        <Named label={words.app}>
          <Pick<"this" | "any">
            label={words.app}
            value={draft.anyApp ? "any" : "this"}
            options={words.apps}
            choose={(which) => change({ anyApp: which === "any" })}
          />
        </Named>
        {!draft.anyApp && (
          <SuggestedLine
            label={words.path}
            value={draft.app}
            change={(app) => change({ app })}
            problem={problem("app")}
            most={4096}
            known={apps}
          />
        )}
      </div>
      <div className="field-pair">
        <Named label={inbound ? words.caller : words.place}>
          <Pick<Place>
            label={inbound ? words.caller : words.place}
            value={draft.place}
            options={inbound ? words.callers : words.places}
            choose={(place) => change({ place })}
          />
        </Named>
        {draft.place === "zone" && (
          <Named label={words.zone}>
            <Pick<Zone>
              label={words.zone}
              value={draft.zone}
              options={words.zones}
              choose={(zone) => change({ zone })}
            />
          </Named>
        )}
        {(draft.place === "domain" || draft.place === "host" || draft.place === "address") && (
          <TextLine
            label={words.names[draft.place]}
            value={draft.name}
            change={(name) => change({ name })}
            hint={words.examples[draft.place]}
            problem={problem("name")}
            most={253}
          />
        )}
      </div>
      <div className="field-pair">
        <Named label={words.protocol}>
          <Pick<Protocol | "any">
            label={words.protocol}
            value={draft.protocol ?? "any"}
            options={{ any: words.anyProtocol, ...text.protocol }}
            choose={(protocol) => change({ protocol: protocol === "any" ? null : protocol })}
          />
        </Named>
        <TextLine
          label={inbound ? words.ownPort : words.port}
          value={draft.port}
          change={(port) => change({ port })}
          hint={words.portHint}
          problem={problem("port")}
          most={16}
        />
      </div>
      <div className="field-pair">
        <Named label={words.lifetime}>
          <Pick<RuleLifetime>
            label={words.lifetime}
            value={draft.lifetime}
            options={lifetimesWith(draft.lifetime)}
            choose={(lifetime) => change({ lifetime })}
          />
        </Named>
        {profiles.length > 0 && (
          <Named label={words.profile}>
            <Pick<string>
              label={words.profile}
              value={`p${draft.profile ?? ""}`}
              options={{
                p: words.everyProfile,
                ...Object.fromEntries(profiles.map((name) => [`p${name}`, plain(name)])),
              }}
              choose={(key) => change({ profile: key === "p" ? null : key.slice(1) })}
            />
          </Named>
        )}
      </div>
      {!draft.anyApp && (
        <SuggestedLine
          label={words.via}
          value={draft.via}
          change={(via) => change({ via })}
          hint={words.viaHint}
          problem={problem("via")}
          most={4096}
          known={apps}
        />
      )}
      <TextLines label={words.note} value={draft.note} change={(note) => change({ note })} most={1024} />
    </div>
  );
}

/** Those that are offered, and the one that the rule has. */
function lifetimesWith(own: RuleLifetime): Record<RuleLifetime, string> {
  const offered = lifetimes as Record<RuleLifetime, string>;
  return own in offered ? offered : { ...offered, [own]: text.prompt.holds(own) };
}

/** Paths that rules or questions name. */
function useKnownApps(): string[] {
  const rules = useKnown((known) => known.rules);
  const prompts = useKnown((known) => known.prompts);
  return useMemo(() => {
    const paths = [
      ...[...rules.values()].map(({ app }) => app ?? ""),
      ...[...prompts.values()].map(({ app }) => app.path),
    ];
    return [...new Set(paths)].filter(isIdentified).sort();
  }, [rules, prompts]);
}

function useProfiles(own: string | null): string[] {
  const [names, setNames] = useState<string[]>([]);
  useEffect(() => {
    void bridge.call("profiles.list", {}).then((outcome) => {
      if (outcome.ok) setNames(outcome.result.profiles.map(({ name }) => name));
    });
  }, []);
  return own === null || names.includes(own) ? names : [...names, own];
}
