// Every part of a rule as a field.
import { useEffect, useMemo, useState } from "react";
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { Action, Protocol, RuleDirection, Zone } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { isIdentified, plain } from "../format.ts";
import { Choice } from "../parts/choice.tsx";
import { Named, Suggested, TextLine, TextLines } from "../parts/fields.tsx";
import { Pick } from "../parts/pick.tsx";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import type { Draft, Place } from "./draft.ts";

const words = text.rules.editor;
const { once: _once, ...lifetimes } = text.prompt.lifetimes;

type Props = {
  /** Whether how long it holds is chosen elsewhere. */
  withoutLifetime: boolean;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  problem: (name: keyof typeof words.problems) => string | null;
};

export function Parts({ draft, change, problem, withoutLifetime }: Props) {
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
          <Suggested
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
        {!withoutLifetime && (
          <Named label={words.lifetime}>
            <Pick<RuleLifetime>
              label={words.lifetime}
              value={draft.lifetime}
              options={lifetimesWith(draft.lifetime)}
              choose={(lifetime) => change({ lifetime })}
            />
          </Named>
        )}
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
        <Suggested
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
