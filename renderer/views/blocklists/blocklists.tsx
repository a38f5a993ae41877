// The lists that somebody else keeps: what each has and did, whether it is fresh, and what is let past all of them.
import { useMemo, useState } from "react";
import { Button } from "react-aria-components";
import type { Blocklist } from "../../../contract/blocklists.ts";
import { plain } from "../../format.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Plus, Shield } from "../../parts/icons.tsx";
import { ErrorLine, Nothing } from "../../parts/notice.tsx";
import { UndoLine } from "../../parts/undo-line.tsx";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { useChanges } from "../rules/changes.ts";
import { AddList } from "./add-list.tsx";
import { Exceptions, exceptionsIn } from "./exceptions.tsx";
import { ListRow } from "./row.tsx";
import { useActs } from "./use-acts.ts";
import { entriesOf, sourceLine } from "./words.ts";

const words = text.blocklists;

export function Blocklists() {
  const known = useKnown((state) => state.blocklists);
  const rules = useKnown((state) => state.rules);
  const online = useKnown((state) => state.link.state === "up");
  const acts = useActs();
  const changes = useChanges();
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Blocklist | null>(null);
  const lists = useMemo(() => [...known.values()].sort((a, b) => a.name.localeCompare(b.name)), [known]);
  const exceptions = useMemo(() => exceptionsIn(rules), [rules]);
  const inForce = lists.filter(({ enabled }) => enabled);
  const entries = inForce.reduce((sum, list) => sum + entriesOf(list), 0);
  const { done } = changes;
  const add = (
    <Button className="button" isDisabled={!online} onPress={() => setAdding(true)}>
      <Plus />
      {words.add}
    </Button>
  );

  return (
    <section className="view" aria-label={words.title}>
      <div className="view-head view-head-acts">
        <h1>{words.title}</h1>
        {lists.length > 0 && <span className="view-count">{words.total(inForce.length, entries)}</span>}
        <span className="view-acts">
          {lists.some(({ url, enabled }) => url !== null && enabled) && (
            <Button className="button" isDisabled={!online} onPress={() => void acts.refreshAll()}>
              {words.refreshAll}
            </Button>
          )}
          {lists.length > 0 && add}
        </span>
      </div>
      {acts.failed?.name === null && <ErrorLine code={acts.failed.code} />}
      {lists.length === 0 && exceptions.length === 0 ? (
        <Nothing icon={<Shield />} title={words.none} hint={words.noneHint}>
          <p className="hint">{words.noneHint2}</p>
          {add}
        </Nothing>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
        <section className="view-scroll panels" tabIndex={0} aria-label={words.label}>
          {lists.length > 0 ? (
            <ul className="panel-list">
              {lists.map((list) => (
                <ListRow key={list.id} list={list} online={online} acts={acts} remove={() => setLeaving(list)} />
              ))}
            </ul>
          ) : (
            add
          )}
          <Exceptions rules={exceptions} online={online} remove={(rule) => void changes.remove([rule])} />
        </section>
      )}
      {changes.error && <ErrorLine code={changes.error} />}
      {done && (
        <UndoLine
          key={done.changes.join()}
          over={changes.over}
          {...(done.changes.length > 0 && {
            undo: { word: text.rules.done.undo, act: () => void changes.undo(done.changes) },
          })}
        >
          {done.sentence}
        </UndoLine>
      )}
      <Confirm
        isOpen={leaving !== null}
        title={words.confirm.title}
        subject={
          leaving && (
            <>
              <p className="app-name">{plain(leaving.name)}</p>
              <p className="second">{sourceLine(leaving, new Date())}</p>
            </>
          )
        }
        body={words.confirm.body}
        no={{ word: words.confirm.no, act: () => setLeaving(null) }}
        yes={{
          word: words.confirm.yes,
          act: () => {
            if (leaving) void acts.remove(leaving);
            setLeaving(null);
          },
        }}
      />
      {adding && <AddList close={() => setAdding(false)} />}
    </section>
  );
}
