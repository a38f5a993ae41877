// The facets of the rules as choices.
import type { Action, Hint, Origin, Rule } from "../../../contract/words.ts";
import { appCalled } from "../../apps.ts";
import { plain } from "../../format.ts";
import { Choice } from "../../parts/choice.tsx";
import { Pick } from "../../parts/pick.tsx";
import { text } from "../../text.ts";
import { appsIn, type Facets, isIn, type State } from "./facets.ts";

const words = text.rules.facets;
const states: readonly State[] = ["any", "on", "off", "nothing", "unused"];

type Props = {
  facets: Facets;
  setFacets: (facets: Facets) => void;
  rules: readonly Rule[];
  hintsOf: (rule: Rule) => readonly Hint[];
};

export function Filters({ facets, setFacets, rules, hintsOf }: Props) {
  const narrow = (part: Partial<Facets>) => setFacets({ ...facets, ...part });
  const count = (state: State) => rules.filter((rule) => isIn(state, rule, hintsOf(rule))).length;
  const named = states.map((state) => [
    state,
    state === "any" ? words.states.any : words.counted(words.states[state], count(state)),
  ]);
  const profiles = [...new Set(rules.flatMap(({ profile }) => (profile === null ? [] : [profile])))].sort();
  const apps = appsIn(rules, appCalled);
  // One that has no rule any more is still what was chosen.
  const left =
    facets.app === null || facets.app === "" || apps.some(([path]) => path === facets.app) ? [] : [facets.app];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend that is seen
    <div className="filters" role="group" aria-label={words.label}>
      <Choice<Action | "any">
        label={words.action}
        value={facets.action}
        options={{ any: words.anyAction, ...text.action }}
        choose={(action) => narrow({ action })}
      />
      {/* Keys begin with a letter of our own: an app or a profile may be called anything. */}
      <Pick<string>
        label={words.app}
        value={facets.app === null ? "all" : `p${facets.app}`}
        options={{
          all: words.allApps,
          ...Object.fromEntries(
            [...apps, ...left.map((path) => [path, appCalled(path)])].map(([path, name]) => [`p${path}`, name]),
          ),
          ...((rules.some(({ app }) => app === null) || facets.app === "") && { p: words.everyApp }),
        }}
        choose={(key) => narrow({ app: key === "all" ? null : key.slice(1) })}
      />
      <Pick<State>
        label={words.state}
        value={facets.state}
        options={Object.fromEntries(named) as Record<State, string>}
        choose={(state) => narrow({ state })}
      />
      <Pick<Origin | "any">
        label={words.origin}
        value={facets.origin}
        options={
          {
            any: words.anyOrigin,
            person: text.origin.person,
            import: text.origin.import,
            factory: text.origin.factory,
          } as Record<Origin | "any", string>
        }
        choose={(origin) => narrow({ origin })}
      />
      {(profiles.length > 0 || facets.profile !== null) && (
        <Pick<string>
          label={words.profile}
          value={facets.profile === null ? "all" : `p${facets.profile}`}
          options={{
            all: words.allProfiles,
            p: words.everyProfile,
            ...Object.fromEntries(profiles.map((each) => [`p${each}`, text.rules.profile(plain(each))])),
          }}
          choose={(key) => narrow({ profile: key === "all" ? null : key.slice(1) })}
        />
      )}
    </div>
  );
}
