// What is chosen beforehand on a question.
import { text } from "../../../text.ts";
import { PreferencePick } from "../parts.tsx";
import type { Section } from "../setting.ts";

const words = text.settings;

export const asking: Section = {
  id: "asking",
  title: words.sections.asking,
  settings: [
    {
      id: "scope",
      ...words.scope,
      place: "side",
      Control: () => <PreferencePick name="scope" label={words.scope.title} options={words.scope.options} />,
    },
    {
      id: "lifetime",
      ...words.lifetime,
      place: "side",
      Control: () => <PreferencePick name="lifetime" label={words.lifetime.title} options={words.lifetime.options} />,
    },
  ],
};
