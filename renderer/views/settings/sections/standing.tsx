// What happens to new connections, pause, lockdown and the profile: the same as in the header's panel. And the ways to what has a view of
// its own, for whoever looks for it here.
import type { ComponentType } from "react";
import { Button } from "react-aria-components";
import type { Standing } from "../../../../contract/words.ts";
import { LockdownSwitch, ModeChoice, PauseChoice, ProfileChoice } from "../../../frame/standing-panel.tsx";
import { showView } from "../../../shown-view.ts";
import { useKnown } from "../../../store.ts";
import { text } from "../../../text.ts";
import type { Section, Setting } from "../setting.ts";

const words = text.settings;

/** A part of the panel, once the helper has said how things are. */
function ofStanding(Part: ComponentType<{ standing: Standing; isDisabled: boolean }>): ComponentType {
  return function OfStanding() {
    const status = useKnown((known) => known.status);
    const up = useKnown((known) => known.link.state === "up");
    return status ? <Part standing={status} isDisabled={!up} /> : <p className="second">{words.about.unknown}</p>;
  };
}

type Elsewhere = "profiles" | "blocklists" | "learning";

function WayTo({ view }: { view: Elsewhere }) {
  return (
    <Button className="button" onPress={() => showView(view)}>
      {words.elsewhere.open(text.views[view])}
    </Button>
  );
}

const wayTo = (view: Elsewhere, Control: ComponentType): Setting => ({
  id: `view-${view}`,
  title: text.views[view],
  ...words.elsewhere[view],
  place: "side",
  Control,
});

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
    wayTo("profiles", () => <WayTo view="profiles" />),
    wayTo("blocklists", () => <WayTo view="blocklists" />),
    wayTo("learning", () => <WayTo view="learning" />),
  ],
};
