// How far and how long an answer reaches, chosen in place. How far is a list, narrow to wide, each in the words of this very question.
import { Label, Radio, RadioGroup } from "react-aria-components";
import type { Lifetime } from "../../contract/lifetime.ts";
import type { Preferences } from "../../contract/preferences.ts";
import type { Prompt, Scope } from "../../contract/words.ts";
import { appWord, elided, endpointSentence, isIdentified, plain } from "../format.ts";
import { text } from "../text.ts";

const words = text.prompt;
/** Room for one destination in the list, in characters. */
const placeLimit = 44;

/** Without a path nobody could tell the app again: the helper answers `app_unknown`. */
export function canBeRemembered({ app }: Prompt): boolean {
  return isIdentified(app.path);
}

/** What can be chosen for this question, narrow to wide. */
export function scopesOf({ app, direction, endpoint, endpoints, domain }: Prompt): [Scope, string][] {
  const own = words.scopes[direction];
  const { host } = endpoint;
  const named = direction === "outbound" && domain !== null;
  const one = direction === "inbound" ? plain(host ?? endpoint.address) : endpointSentence(endpoint);
  const narrow = endpoints.length > 1 ? own.endpoints(endpoints.length) : own.endpoint(elided(one, placeLimit));
  const list: [Scope, string | false][] = [
    ["endpoint", narrow],
    ["host", named && host !== null && words.namedScopes.host(elided(plain(host), placeLimit))],
    ["domain", named && words.namedScopes.domain(elided(plain(domain), placeLimit))],
    ["any", own.any(appWord(app))],
  ];
  return list.filter((each): each is [Scope, string] => each[1] !== false);
}

/** What a bare click answers for: what the person likes best, where this question has it; for the whole owner of a name only where there is one. */
export function firstScope({ domain, direction }: Prompt, liked: Preferences["scope"] = "domain"): Scope {
  if (liked !== "domain") return liked;
  return domain !== null && direction === "outbound" ? "domain" : "endpoint";
}

/**
 * How long a bare click answers for. What root does in a person's session (sudo) is for good only with an administrator's consent, so it is
 * until the program ends, if the person likes answers that are for good.
 */
export function firstLifetime(prompt: Prompt, liked: Preferences["lifetime"]): Lifetime {
  if (!canBeRemembered(prompt)) return "once";
  const { uid, person } = prompt.process;
  const isSudo = uid === 0 && person !== undefined && person !== 0;
  return isSudo && prompt.state !== "inbox" && liked === "forever" ? "quit" : liked;
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
  return (
    <div className="choices">
      <RadioGroup
        className="scopes"
        value={scope}
        onChange={(next) => setScope(next as Scope)}
        isDisabled={isDisabled}
        aria-label={words.scope[prompt.direction]}
      >
        {scopesOf(prompt).map(([option, word]) => (
          <Radio key={option} value={option} className="scope-item">
            <span className="scope-dot" aria-hidden="true" />
            <bdi className="scope-word">{word}</bdi>
          </Radio>
        ))}
      </RadioGroup>
      <RadioGroup
        className="lifetimes"
        orientation="horizontal"
        value={lifetime}
        onChange={(next) => setLifetime(next as Lifetime)}
        isDisabled={isDisabled}
      >
        <Label className="hidden-words">{words.lifetime}</Label>
        <div className="choice">
          {(Object.entries(words.lifetimes) as [Lifetime, string][]).map(([option, word]) => (
            <Radio
              key={option}
              value={option}
              className="choice-item"
              // "Once" decides what waits; when nothing waits it would decide nothing. And a rule needs a program to be about.
              isDisabled={option === "once" ? prompt.state !== "held" : !canBeRemembered(prompt)}
            >
              {word}
            </Radio>
          ))}
        </div>
      </RadioGroup>
    </div>
  );
}
