// What a list has and what it did: its entries by kind, those that blocked most, and what of its text was left out.
import { type ReactNode, useEffect, useState } from "react";
import type { Blocklist, BlocklistHits } from "../../../contract/blocklists.ts";
import { bridge } from "../../bridge.ts";
import { moment, plain } from "../../format.ts";
import { text } from "../../text.ts";
import { contentsLine } from "./words.ts";

const words = text.blocklists;
/** Entries that are told one by one. */
const told = 10;

/** Asked for again whenever the list's own count says that there is more. */
function useHits({ name, hits }: Blocklist): readonly BlocklistHits[] | null {
  const [found, setFound] = useState<readonly BlocklistHits[] | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more of them are the reason to ask
  useEffect(() => {
    let gone = false;
    void bridge.call("blocklists.hits", { name }).then((outcome) => {
      if (!gone && outcome.ok) setFound(outcome.result.slice(0, told));
    });
    return () => {
      gone = true;
    };
  }, [name, hits]);
  return found;
}

export function ListDetails({ list }: { list: Blocklist }) {
  const found = useHits(list);
  const { exceptions, skipped } = list;
  return (
    <div className="list-details">
      <Part label={words.contents.label}>
        <p>{contentsLine(list)}</p>
        {exceptions > 0 && <p>{words.contents.exceptions(exceptions)}</p>}
      </Part>
      <Part label={words.hits.label}>
        {found?.length === 0 && <p className="hint">{words.hits.none}</p>}
        <ol className="list-hits">
          {found?.map(({ entry, hits, last }) => (
            <li key={entry}>
              <bdi className="address">{plain(entry)}</bdi>
              <span className="second">{words.hits.times(hits)}</span>
              <span className="second">{words.hits.last(moment(last, new Date()))}</span>
            </li>
          ))}
        </ol>
      </Part>
      {skipped.length > 0 && (
        <Part label={words.skipped.label}>
          <ul className="list-skipped">
            {skipped.map(({ reason, count, first }) => (
              <li
                key={reason}
                title={first.map(({ line, text }) => words.skipped.example(line, plain(text))).join("\n")}
              >
                {words.skipped.why[reason](count)}
              </li>
            ))}
          </ul>
        </Part>
      )}
    </div>
  );
}

function Part({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section>
      <h3>{label}</h3>
      {children}
    </section>
  );
}
