// Light, dark, more contrast, larger, and in which language.
import { languageNames } from "../../../../contract/language.ts";
import { type Preferences, textSizes } from "../../../../contract/preferences.ts";
import { Pick } from "../../../parts/pick.tsx";
import { prefer, useShell } from "../../../preferences.ts";
import { language, text } from "../../../text.ts";
import { PreferenceChoice, Toggle } from "../parts.tsx";
import type { Section } from "../setting.ts";

const words = text.settings;

function Contrast() {
  const on = useShell(({ preferences }) => preferences.contrast === "more");
  return <Toggle label={words.contrast.title} on={on} set={(more) => prefer({ contrast: more ? "more" : "system" })} />;
}

/** Each language by its own name: whoever looks for theirs may not read the one in use. */
const languages: Readonly<Record<Preferences["language"], string>> = { system: text.language.system, ...languageNames };

const percent = new Intl.NumberFormat(language, { style: "percent" });
/** Where each is in the order of sizes. */
const sizeWords = Object.fromEntries(textSizes.map((size, at) => [`${at}`, percent.format(size)]));

function TextSize() {
  const size = useShell(({ preferences }) => preferences.textSize);
  return (
    <Pick
      label={words.textSize.title}
      value={`${textSizes.indexOf(size)}`}
      options={sizeWords}
      choose={(at) => prefer({ textSize: textSizes[Number(at)] ?? 1 })}
    />
  );
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
      Control: () => <PreferenceChoice name="language" label={text.language.label} options={languages} />,
    },
    { id: "textSize", ...words.textSize, place: "side", Control: TextSize },
    { id: "contrast", ...words.contrast, place: "side", Control: Contrast },
  ],
};
