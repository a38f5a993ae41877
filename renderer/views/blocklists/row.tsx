// One list: whether it is in force, what it is called, where it comes from, what it has and did, and what is wrong with it.
import { useState } from "react";
import { Button, ProgressBar } from "react-aria-components";
import type { Blocklist } from "../../../contract/blocklists.ts";
import { moment, plain } from "../../format.ts";
import { Again, Bin, Chevron } from "../../parts/icons.tsx";
import { ErrorLine, Notice } from "../../parts/notice.tsx";
import { Toggle } from "../../parts/toggle.tsx";
import { text } from "../../text.ts";
import { ListDetails } from "./details.tsx";
import type { Acts } from "./use-acts.ts";
import { entriesOf, problemOf, sourceLine } from "./words.ts";

const words = text.blocklists;

type Props = { list: Blocklist; online: boolean; acts: Acts; remove: () => void };

export function ListRow({ list, online, acts, remove }: Props) {
  const [open, setOpen] = useState(false);
  const { name, url, enabled, busy, hits, aside } = list;
  const shown = plain(name);
  const problem = problemOf(list);
  const entries = entriesOf(list);
  return (
    <li className={`list ${enabled ? "" : "list-off"}`} data-list={name} data-busy={busy ?? ""}>
      <div className="list-row">
        <Toggle
          label={words.inForce(shown)}
          selected={enabled}
          disabled={!online}
          change={(next) => void acts.enable(list, next)}
        />
        <div className="two-lines">
          <span className="name-line">
            <bdi className="line app-name">{shown}</bdi>
            {!enabled && <span className="tag">{words.off}</span>}
          </span>
          {busy === null ? (
            <bdi className="line second" title={url === null ? undefined : plain(url)}>
              {sourceLine(list, new Date())}
            </bdi>
          ) : (
            <Progress busy={busy} />
          )}
        </div>
        <Figure value={entries} word={words.entries(entries)} />
        <Figure value={hits} word={words.blocked} />
        <span className="list-acts">
          <Button
            className="button button-quiet"
            aria-label={(url === null ? words.replace : words.refresh)(shown)}
            isDisabled={!online || busy !== null}
            onPress={() => void acts.refresh(list)}
          >
            <Again />
          </Button>
          <Button
            className="button button-quiet"
            aria-label={words.remove(shown)}
            isDisabled={!online}
            onPress={remove}
          >
            <Bin />
          </Button>
          <Button
            className="button button-quiet list-open"
            aria-label={words.details(shown)}
            aria-expanded={open}
            onPress={() => setOpen(!open)}
          >
            <Chevron />
          </Button>
        </span>
      </div>
      {aside && busy === null && (
        <Notice
          tone="warn"
          title={words.shrunk.title(aside.entries)}
          action={
            <Button className="button" isDisabled={!online} onPress={() => void acts.accept(list)}>
              {words.shrunk.yes}
            </Button>
          }
        >
          <p>{words.shrunk.body(entries)}</p>
        </Notice>
      )}
      {problem && (
        <Notice tone="warn" title={text.errors[problem.code]}>
          <p title={plain(list.error?.message ?? "")}>{words.failed(moment(problem.time, new Date()))}</p>
        </Notice>
      )}
      {acts.failed?.name === name && <ErrorLine code={acts.failed.code} />}
      {open && <ListDetails list={list} />}
    </li>
  );
}

function Figure({ value, word }: { value: number; word: string }) {
  return (
    <span className="two-lines list-figure">
      <span>{words.number(value)}</span>
      <span className="second">{word}</span>
    </span>
  );
}

/** How far it is nobody knows: a server need not say how much it sends. */
function Progress({ busy }: { busy: NonNullable<Blocklist["busy"]> }) {
  const word = words.busy[busy];
  return (
    <ProgressBar className="progress" isIndeterminate aria-label={word}>
      <span className="second">{word}</span>
      <span className="progress-track" aria-hidden="true">
        <span className="progress-fill" />
      </span>
    </ProgressBar>
  );
}
