// What happens to new connections, pause, lockdown and the profile: the same as in the header's panel.
import type { ComponentType } from "react";
import type { Standing } from "../../../../contract/words.ts";
import { LockdownSwitch, ModeChoice, PauseChoice, ProfileChoice } from "../../../frame/standing-panel.tsx";
import { useKnown } from "../../../store.ts";
import { text } from "../../../text.ts";
import type { Section } from "../setting.ts";

const words = text.settings;

/** A part of the panel, once the helper has said how things are. */
function ofStanding(Part: ComponentType<{ standing: Standing; isDisabled: boolean }>): ComponentType {
  return function OfStanding() {
    const status = useKnown((known) => known.status);
    const up = useKnown((known) => known.link.state === "up");
    return status ? <Part standing={status} isDisabled={!up} /> : <p className="second">{words.about.unknown}</p>;
  };
}

export const standing: Section = {
  id: "standing",
  title: words.sections.standing,
  settings: [
    { id: "mode", ...words.mode, place: "below", Control: ofStanding(ModeChoice) },
    { id: "pause", ...words.pause, title: text.frame.pause.title, place: "own", Control: ofStanding(PauseChoice) },
    {
      id: "lockdown",
      ...words.lockdown,
      title: text.frame.lockdown.title,
      place: "own",
      Control: ofStanding(LockdownSwitch),
    },
    {
      id: "profile",
      ...words.profile,
      title: text.frame.profile.title,
      place: "own",
      Control: ofStanding(ProfileChoice),
    },
  ],
};
