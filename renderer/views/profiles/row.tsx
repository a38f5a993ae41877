// One profile: whether it is the active one, when it becomes it, how many rules it has, and what can be done with it.
import { Button } from "react-aria-components";
import type { Profile } from "../../../contract/words.ts";
import { plain } from "../../format.ts";
import { Bin, Pencil } from "../../parts/icons.tsx";
import { text } from "../../text.ts";
import { whenActive } from "./words.ts";

const words = text.profiles;

type Props = {
  /** Null: the row of having none. */
  profile: Profile | null;
  /** Rules name it, and it is not there. */
  missing?: boolean;
  active: boolean;
  rules: number;
  online: boolean;
  use: () => void;
  edit: () => void;
  remove: () => void;
  showRules: () => void;
};

export function ProfileRow({ profile, missing = false, active, rules, online, use, edit, remove, showRules }: Props) {
  const name = profile === null ? words.noProfile : plain(profile.name);
  const line = profile === null ? words.noProfileHint : missing ? words.missing.hint : whenActive(profile);
  return (
    <li className={`profile ${active ? "profile-active" : ""}`} data-profile={profile?.name ?? ""}>
      <span className="two-lines">
        <span className="name-line">
          <bdi className="line app-name">{name}</bdi>
          {active && <span className="tag tag-good">{words.tag}</span>}
          {missing && <span className="tag tag-warn">{words.missing.tag}</span>}
        </span>
        <span className="second">{line}</span>
      </span>
      {rules > 0 ? (
        <Button className="link" aria-label={words.rulesLabel(words.rules(rules), name)} onPress={showRules}>
          {words.rules(rules)}
        </Button>
      ) : (
        <span className="second">{profile === null ? "" : words.rules(0)}</span>
      )}
      <span className="profile-acts">
        {missing ? (
          <Button className="button" aria-label={words.missing.againLabel(name)} isDisabled={!online} onPress={edit}>
            {words.missing.again}
          </Button>
        ) : (
          !active && (
            <Button className="button" aria-label={words.takeLabel(name)} isDisabled={!online} onPress={use}>
              {words.take}
            </Button>
          )
        )}
        {profile !== null && !missing && (
          <>
            <Button
              className="button button-quiet profile-icon"
              aria-label={words.edit(name)}
              isDisabled={!online}
              onPress={edit}
            >
              <Pencil />
            </Button>
            <Button
              className="button button-quiet profile-icon"
              aria-label={words.remove(name)}
              isDisabled={!online}
              onPress={remove}
            >
              <Bin />
            </Button>
          </>
        )}
      </span>
    </li>
  );
}
