// Settings: everything that can be set, in sections, found by any word for it.
import { useState } from "react";
import { Sliders } from "../../parts/icons.tsx";
import { Nothing } from "../../parts/notice.tsx";
import { Search } from "../../parts/search.tsx";
import { useShell } from "../../preferences.ts";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { sections } from "./registry.ts";
import { found, type Section, type Setting } from "./setting.ts";

const words = text.settings;

export function Settings() {
  const [query, setQuery] = useState("");
  const facts = { shell: useShell(), known: useKnown() };
  const matching = sections
    .map((section): Section => {
      const settings = section.settings.filter((each) => (each.shown?.(facts) ?? true) && found(query, section, each));
      return { ...section, settings };
    })
    .filter(({ settings }) => settings.length > 0);
  return (
    <div className="view">
      <div className="view-head">
        <h1>{text.views.settings}</h1>
        <Search label={words.search} value={query} onChange={setQuery} />
      </div>
      {matching.length === 0 ? (
        <Nothing title={words.nothing} hint={words.nothingHint} icon={<Sliders />} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="view-scroll settings" tabIndex={0} aria-label={text.views.settings}>
          {matching.map(({ id, title, settings }) => (
            <section key={id} className="settings-section" aria-labelledby={`section-${id}`}>
              <h2 id={`section-${id}`}>{title}</h2>
              <div className="settings-box">
                {settings.map((each) => (
                  <Row key={each.id} setting={each} />
                ))}
              </div>
            </section>
          ))}
        </section>
      )}
    </div>
  );
}

function Row({ setting: { id, title, hint, place, Control } }: { setting: Setting }) {
  return (
    <div className={`setting setting-${place}`} data-setting={id}>
      {place !== "own" && (
        <div className="mode-words">
          <strong>{title}</strong>
          {hint && <span className="second">{hint}</span>}
        </div>
      )}
      <Control />
    </div>
  );
}
