// Questions nobody answered yet, by app. Those whose attempt is over can still be answered for next time, right here, in one click.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import { bridge } from "../../bridge.ts";
import { baseName, isIdentified, moment } from "../../format.ts";
import { Tray } from "../../parts/icons.tsx";
import { ErrorLine, Nothing } from "../../parts/notice.tsx";
import { Search } from "../../parts/search.tsx";
import { UndoLine } from "../../parts/undo-line.tsx";
import { useDeadTime } from "../../prompt/dead-time.ts";
import type { Undoable } from "../../prompt/undo.tsx";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { AppGroup } from "./group.tsx";
import { type Group, sections } from "./groups.ts";
import { Recent, useRecentAnswers } from "./recent.tsx";

const words = text.inbox;
const wayBack = text.prompt.undo;

export function Inbox() {
  const prompts = useKnown((known) => known.prompts);
  const [query, setQuery] = useState("");
  const [archive, setArchive] = useState(false);
  const answers = useRecentAnswers();
  const [last, setLast] = useState<Undoable | "undone" | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  const over = useCallback(() => setLast(null), []);
  const rows = useRef<HTMLDivElement>(null);
  const { waiting, unanswered, quiet } = sections(prompts.values(), query, Date.now());
  // Rows that come and go move those below: the same guard as on the prompt's card, here for the rows alone. Whoever types a search moves
  // them with every letter.
  const key = [...waiting, ...unanswered, ...quiet]
    .flatMap((group) => group.prompts.map(({ id, state, endpoints }) => `${id} ${state} ${endpoints.length}`))
    .join("\n");
  const guard = useDeadTime(key, () => rows.current ?? window);
  const answered = (what: Undoable): void => {
    setError(null);
    setLast(what);
  };
  const hand = { ...guard, answered };
  const undo = async (change: number): Promise<void> => {
    // It comes up where somebody may be about to press a row a second time.
    if (!guard.mayAct()) return;
    const outcome = await bridge.call("rules.undo", { change });
    setError(outcome.ok ? null : outcome.code);
    setLast(outcome.ok ? "undone" : null);
  };
  // An app may have questions in every section.
  const grouped = (section: string, groups: readonly Group[]): Item[] =>
    groups.map((group) => ({ id: `${section} ${group.id}`, piece: <AppGroup group={group} hand={hand} /> }));
  const titled = (id: string, title: string, hint: string, groups: readonly Group[]): Item[] =>
    groups.length === 0 ? [] : [{ id, piece: <Title title={title} hint={hint} /> }, ...grouped(id, groups)];
  const quietCount = quiet.reduce((sum, { prompts }) => sum + prompts.length, 0);
  const items: Item[] = [
    ...titled("waiting", words.waiting, words.waitingHint, waiting),
    ...titled("unanswered", words.unanswered, words.hint, unanswered),
    ...(quiet.length === 0
      ? []
      : [
          {
            id: "quiet",
            piece: (
              <Button className="button fold-button" aria-expanded={archive} onPress={() => setArchive(!archive)}>
                {words.quiet(quietCount)}
              </Button>
            ),
          },
        ]),
    ...(archive ? grouped("quiet", quiet) : []),
  ];
  return (
    <section className="view" aria-label={words.title} data-live={guard.live}>
      <div className="view-head">
        <h1>{words.title}</h1>
        <Search label={words.search} value={query} onChange={setQuery} />
      </div>
      <Snoozed />
      <div className="inbox-rows" ref={rows}>
        {items.length > 0 ? (
          <Pieces items={items} />
        ) : query === "" ? (
          <Nothing icon={<Tray />} title={words.none} hint={words.noneHint} />
        ) : (
          <Nothing icon={<Tray />} title={words.notFound} />
        )}
      </div>
      {error && <ErrorLine code={error} />}
      {last !== null && (
        <UndoLine
          key={last === "undone" ? "undone" : last.change}
          over={over}
          {...(last !== "undone" && { undo: { word: wayBack.action, act: () => void undo(last.change) } })}
        >
          {last === "undone" ? wayBack.undone : last.sentence}
        </UndoLine>
      )}
      {answers.length > 0 && <Recent answers={answers} />}
    </section>
  );
}

function Title({ title, hint }: { title: string; hint: string }) {
  return (
    <>
      <h2>{title}</h2>
      <p className="hint">{hint}</p>
    </>
  );
}

/** Apps that are not asked about for a while. */
function Snoozed() {
  const snoozed = useKnown((known) => known.attention.snoozed);
  if (snoozed.length === 0) return null;
  return (
    <ul className="snoozed" aria-label={words.snoozed.label}>
      {snoozed.map(({ app, until }) => {
        const name = isIdentified(app) ? baseName(app) : text.unidentified.word;
        return (
          <li key={app}>
            <span>{words.snoozed.line(name, moment(until, new Date()))}</span>
            <Button
              className="button button-quiet"
              aria-label={`${words.snoozed.wake}: ${name}`}
              onPress={() => void bridge.shell({ do: "wake", app })}
            >
              {words.snoozed.wake}
            </Button>
          </li>
        );
      })}
    </ul>
  );
}

type Item = { id: string; piece: ReactNode };

/** Pieces of any height, of which only those in view exist: the inbox never forgets, so it may be long. */
function Pieces({ items }: { items: readonly Item[] }) {
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => 120,
    getItemKey: (at) => items[at]?.id ?? at,
    overscan: 4,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
    <section className="view-scroll inbox-scroll" ref={box} tabIndex={0} aria-label={words.label}>
      <div className="inbox-space" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            ref={virtual.measureElement}
            data-index={item.index}
            className="inbox-piece"
            style={{ transform: `translateY(${item.start}px)` }}
          >
            {items[item.index]?.piece}
          </div>
        ))}
      </div>
    </section>
  );
}
