// Light, dark, and more contrast.
import { LanguageSetting } from "../../../parts/language-setting.tsx";
import { prefer, useShell } from "../../../preferences.ts";
import { text } from "../../../text.ts";
import { PreferenceChoice, Toggle } from "../parts.tsx";
import type { Section } from "../setting.ts";

const words = text.settings;

function Contrast() {
  const on = useShell(({ preferences }) => preferences.contrast === "more");
  return <Toggle label={words.contrast.title} on={on} set={(more) => prefer({ contrast: more ? "more" : "system" })} />;
}

export const look: Section = {
  id: "look",
  title: words.sections.look,
  settings: [
    {
      id: "theme",
      ...words.theme,
      place: "side",
      Control: () => <PreferenceChoice name="theme" label={words.theme.title} options={words.theme.options} />,
    },
    {
      id: "language",
      title: text.language.label,
      find: text.language.find,
      place: "side",
      Control: LanguageSetting,
    },
    { id: "contrast", ...words.contrast, place: "side", Control: Contrast },
  ],
};
