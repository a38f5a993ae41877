// When the window comes and goes, and the way back to the first steps.
import { Button } from "react-aria-components";
import { bridge } from "../../../bridge.ts";
import { showFirstRun } from "../../../first-run/steps.ts";
import { text } from "../../../text.ts";
import { PreferencePick, PreferenceSwitch } from "../parts.tsx";
import type { Section } from "../setting.ts";

const words = text.settings;

export const start: Section = {
  id: "start",
  title: words.sections.start,
  settings: [
    {
      id: "startWithSession",
      ...words.session,
      place: "side",
      Control: () => <PreferenceSwitch name="startWithSession" label={words.session.title} />,
      shown: ({ shell }) => shell.startsWithSession,
    },
    {
      id: "closing",
      title: words.closing.setting,
      hint: words.closing.hint,
      find: words.closing.find,
      place: "side",
      Control: () => <PreferencePick name="closing" label={words.closing.setting} options={words.closing.options} />,
      shown: ({ shell }) => !shell.tray && !shell.foreground,
    },
    {
      id: "firstRun",
      ...words.firstRun,
      place: "side",
      Control: () => (
        <Button className="button" onPress={showFirstRun}>
          {words.firstRun.button}
        </Button>
      ),
    },
    {
      id: "quit",
      ...words.quit,
      place: "side",
      Control: () => (
        <Button className="button" onPress={() => void bridge.shell({ do: "leave", how: "quit" })}>
          {words.quit.button}
        </Button>
      ),
    },
  ],
};
