// What Picket remembers: each rule as a sentence, found by words and facets, switched, changed and deleted, one or many, with a way back.
import { type CSSProperties, useCallback, useEffect, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import type { Rule } from "../../../contract/words.ts";
import { useApps } from "../../apps.ts";
import { useNamesOf } from "../../ask-apps.ts";
import { Lines, Plus } from "../../parts/icons.tsx";
import { ErrorLine, Nothing } from "../../parts/notice.tsx";
import { Search } from "../../parts/search.tsx";
import { UndoLine } from "../../parts/undo-line.tsx";
import { VirtualRows } from "../../parts/virtual-rows.tsx";
import { RuleForm } from "../../rule-form/form.tsx";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { Bulk } from "./bulk.tsx";
import { useChanges } from "./changes.ts";
import { ConfirmDelete } from "./confirm-delete.tsx";
import { type Facets, inReadingOrder, noFacets, passes, remembered } from "./facets.ts";
import { Filters } from "./filters.tsx";
import { hintLine, hintsOf, useRemarks } from "./remarks.ts";
import { heightOf, type RowActs, RuleRow } from "./row.tsx";

const words = text.rules;

/** How often what is left of temporary rules is told anew: their smallest unit is the minute. */
const tick = 15_000;

/** Rows are placed one by one, so none can see how much room another's mark needs. */
const room = {
  "--action-letters": Math.max(...Object.values(text.action).map((word) => word.length)),
} as CSSProperties;

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tick);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function Rules() {
  const known = useKnown((state) => state.rules);
  const online = useKnown((state) => state.link.state === "up");
  const now = useNow();
  const remarks = useRemarks();
  const changes = useChanges();
  const [facets, setFacets] = useState<Facets>(remembered.facets);
  const [sought, setSought] = useState(remembered.chosen);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set(sought === null ? [] : [sought]));
  const [leaving, setLeaving] = useState<readonly Rule[]>([]);
  const [editing, setEditing] = useState<{ rule: Rule | null } | null>(null);
  useEffect(() => {
    Object.assign(remembered, { facets, chosen: null });
  }, [facets]);

  const all = useMemo(() => inReadingOrder(known.values()), [known]);
  useNamesOf(useMemo(() => all.flatMap(({ app, via }) => [app, via]).filter((path) => path !== null), [all]));
  // They are found by what their apps are called, too.
  const { apps } = useApps();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other names are other sentences
  const rows = useMemo(
    () => all.filter((rule) => passes(facets, rule, hintsOf(rule, remarks))),
    [all, facets, remarks, apps],
  );
  const height = useCallback((rule: Rule) => heightOf(rule, hintsOf(rule, remarks)), [remarks]);
  // Only what is in sight is done something with.
  const chosen = rows.filter(({ id }) => marked.has(id));

  const acts: RowActs = {
    enable: (rule, enabled) => void changes.enable([rule], enabled),
    edit: (rule) => setEditing({ rule }),
    remove: (rule) => setLeaving([rule]),
    select: ({ id }, selected) => {
      const next = new Set(marked);
      if (selected) next.add(id);
      else next.delete(id);
      setMarked(next);
    },
  };
  const { done } = changes;
  const narrowed = JSON.stringify(facets) !== JSON.stringify(noFacets);

  return (
    <section className="view rules-view" aria-label={words.title} style={room}>
      <div className="view-head">
        <h1>{words.title}</h1>
        <span className="view-count">{words.total(rows.length)}</span>
        <Search
          label={words.search}
          value={facets.words}
          onChange={(value) => setFacets({ ...facets, words: value.slice(0, 256) })}
        />
        <Button className="button" isDisabled={!online} onPress={() => setEditing({ rule: null })}>
          <Plus />
          {words.add}
        </Button>
      </div>
      <Filters facets={facets} setFacets={setFacets} rules={all} hintsOf={(rule) => hintsOf(rule, remarks)} />
      {rows.length === 0 ? (
        <Nothing
          icon={<Lines />}
          title={narrowed ? words.noMatch : words.none}
          {...(narrowed ? {} : { hint: words.noneHint })}
        >
          {narrowed && (
            <Button className="button" onPress={() => setFacets(noFacets)}>
              {words.showAll}
            </Button>
          )}
        </Nothing>
      ) : (
        <VirtualRows
          rows={rows}
          height={height}
          measured
          {...(sought !== null && { first: sought })}
          label={words.label}
          head={
            <Bulk
              rows={rows}
              chosen={chosen}
              online={online}
              chooseAll={(every) => setMarked(new Set(every ? rows.map(({ id }) => id) : []))}
              enable={(rules, enabled) => void changes.enable(rules, enabled)}
              remove={setLeaving}
            />
          }
        >
          {(rule) => (
            <RuleRow
              rule={rule}
              hints={hintsOf(rule, remarks).map((hint) => hintLine(hint, known))}
              now={now}
              online={online}
              selected={marked.has(rule.id)}
              {...(rule.id === sought && { found: () => setSought(null) })}
              acts={acts}
            />
          )}
        </VirtualRows>
      )}
      {changes.error && <ErrorLine code={changes.error} />}
      {done && (
        <UndoLine
          key={done.changes.join()}
          over={changes.over}
          {...(done.changes.length > 0 && {
            undo: { word: words.done.undo, act: () => void changes.undo(done.changes) },
          })}
        >
          {done.sentence}
        </UndoLine>
      )}
      <ConfirmDelete
        rules={leaving}
        no={() => setLeaving([])}
        yes={(rules) => {
          setLeaving([]);
          void changes.remove(rules);
        }}
      />
      {editing && (
        <RuleForm
          {...editing}
          close={() => setEditing(null)}
          saved={(sentence, made) => {
            setEditing(null);
            changes.saved(sentence, made);
          }}
        />
      )}
    </section>
  );
}
