// How far and how long an answer reaches, chosen in place.
import { Label, Radio, RadioGroup } from "react-aria-components";
import type { Lifetime } from "../../contract/lifetime.ts";
import type { Prompt, Scope } from "../../contract/words.ts";
import { isIdentified } from "../format.ts";
import { text } from "../text.ts";

const words = text.prompt;

/** Without a path nobody could tell the app again: the helper answers `app_unknown`. */
export function canBeRemembered({ app }: Prompt): boolean {
  return isIdentified(app.path);
}

type Props = {
  prompt: Prompt;
  scope: Scope;
  lifetime: Lifetime;
  setScope: (scope: Scope) => void;
  setLifetime: (lifetime: Lifetime) => void;
  isDisabled: boolean;
};

export function Choices({ prompt, scope, lifetime, setScope, setLifetime, isDisabled }: Props) {
  const { direction, endpoint, endpoints, domain } = prompt;
  const { endpoint: this_, any } = words.scopes[direction];
  const named = direction === "outbound" && domain !== null;
  const scopes = {
    endpoint: endpoints.length > 1 ? words.scopesMany[direction] : this_,
    ...(named && endpoint.host !== domain && { host: words.namedScopes.host }),
    ...(named && { domain: words.namedScopes.domain(domain) }),
    any,
  };
  return (
    <div className="choices">
      <Choice label={words.scope[direction]} value={scope} options={scopes} choose={setScope} isDisabled={isDisabled} />
      <Choice
        label={words.lifetime}
        value={lifetime}
        options={words.lifetimes}
        choose={setLifetime}
        isDisabled={isDisabled}
        // "Once" decides what waits; when nothing waits it would decide nothing. And a rule needs a program to be about.
        isLeft={(lifetime) => (lifetime === "once" ? prompt.state === "held" : canBeRemembered(prompt))}
      />
    </div>
  );
}

type ChoiceProps<T extends string> = {
  label: string;
  value: T;
  options: Partial<Record<T, string>>;
  choose: (value: T) => void;
  isDisabled: boolean;
  isLeft?: (option: T) => boolean;
};

function Choice<T extends string>({ label, value, options, choose, isDisabled, isLeft = () => true }: ChoiceProps<T>) {
  return (
    <RadioGroup
      className="choice-line"
      orientation="horizontal"
      value={value}
      onChange={(next) => choose(next as T)}
      isDisabled={isDisabled}
    >
      <Label>{label}</Label>
      <div className="choice" data-options={Object.keys(options).length}>
        {(Object.entries(options) as [T, string][]).map(([option, word]) => (
          <Radio key={option} value={option} className="choice-item" isDisabled={!isLeft(option)}>
            {word}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
