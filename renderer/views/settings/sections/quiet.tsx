// When nothing comes up by itself: for all, and for single apps.
import { Button } from "react-aria-components";
import { bridge } from "../../../bridge.ts";
import { moment, pathText } from "../../../format.ts";
import { useKnown } from "../../../store.ts";
import { text } from "../../../text.ts";
import { PreferenceSwitch } from "../parts.tsx";
import type { Section } from "../setting.ts";

const words = text.settings;

function Snoozed() {
  const snoozed = useKnown((known) => known.attention.snoozed);
  if (snoozed.length === 0) return <p className="second">{words.snoozed.none}</p>;
  return (
    <ul className="setting-list">
      {snoozed.map(({ app, until }) => (
        <li key={app}>
          <span className="line">{pathText(app)}</span>
          <span className="second">{words.snoozed.until(moment(until, new Date()))}</span>
          <Button
            className="button"
            aria-label={words.snoozed.wakeApp(pathText(app))}
            onPress={() => void bridge.shell({ do: "wake", app })}
          >
            {words.snoozed.wake}
          </Button>
        </li>
      ))}
    </ul>
  );
}

export const quiet: Section = {
  id: "quiet",
  title: words.sections.notices,
  settings: [
    {
      id: "quietFullscreen",
      ...words.fullscreen,
      place: "side",
      Control: () => <PreferenceSwitch name="quietFullscreen" label={words.fullscreen.title} />,
    },
    {
      id: "quietDoNotDisturb",
      ...words.doNotDisturb,
      place: "side",
      Control: () => <PreferenceSwitch name="quietDoNotDisturb" label={words.doNotDisturb.title} />,
    },
    { id: "snoozed", title: words.snoozed.title, find: words.snoozed.find, place: "below", Control: Snoozed },
  ],
};
