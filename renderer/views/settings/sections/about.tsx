// What this Picket is, whom it serves and what it is made of.
import { plain } from "../../../format.ts";
import { useShell } from "../../../preferences.ts";
import { useKnown } from "../../../store.ts";
import { text } from "../../../text.ts";
import type { Section } from "../setting.ts";

const words = text.settings.about;

function Facts() {
  const status = useKnown((known) => known.status);
  const { version, user } = useShell();
  const unknown = words.unknown;
  const countries = status?.countries;
  const facts: [name: string, value: string, more?: string | undefined][] = [
    [words.version, status ? words.versionLine(version, plain(status.version), plain(status.kernel)) : version],
    [words.serves, words.servesLine(plain(user))],
    [words.level, status ? words.levels[status.level] : unknown],
    [
      words.guarded,
      !status ? unknown : status.guarded.length === 0 ? words.guardedNone : words.guardedLine(status.guarded.length),
      status?.guarded.map(plain).join(", "),
    ],
    [
      words.countries,
      !status
        ? unknown
        : countries
          ? words.countriesLine(plain(countries.name), countries.date.slice(0, 10))
          : words.countriesNone,
      countries ? `${plain(countries.attribution)} · ${plain(countries.licence)}` : undefined,
    ],
    [words.licence, words.licenceLine],
  ];
  return (
    <dl className="about">
      {facts.map(([name, value, more]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {more && <span className="second">{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export const about: Section = {
  id: "about",
  title: text.settings.sections.about,
  settings: [{ id: "about", title: text.settings.sections.about, find: words.find, place: "own", Control: Facts }],
};
