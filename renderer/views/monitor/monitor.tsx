// Who talks to whom at this moment: apps with their domains, hosts and connections, or connections alone in the order in which they began.
import { type ComponentProps, type ReactNode, useCallback, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { Filter, Order, Row } from "../../../contract/monitor.ts";
import type { Rule } from "../../../contract/words.ts";
import { bridge } from "../../bridge.ts";
import { copy } from "../../copy.ts";
import { baseName, humanRate, plain } from "../../format.ts";
import { look, useMonitor } from "../../monitor.ts";
import { Choice } from "../../parts/choice.tsx";
import { Arrows } from "../../parts/icons.tsx";
import { ErrorLine, Nothing } from "../../parts/notice.tsx";
import { Search } from "../../parts/search.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { UndoLine } from "../../parts/undo-line.tsx";
import { RuleForm } from "../../rule-form/form.tsx";
import type { Suggested } from "../../rule-form/suggested.ts";
import { showView } from "../../shown-view.ts";
import { text } from "../../text.ts";
import { showRule } from "../rules/facets.ts";
import { Filters, noFilter } from "./filters.tsx";
import { Grid, type Screen } from "./grid.tsx";
import { OwnSession } from "./own-session.tsx";
import { type Act, placeOf, RowMenu } from "./row-menu.tsx";
import { suggestedBy } from "./row-rule.ts";

const words = text.monitor;

type Look = { by: "app" | "time"; order: Order; filter: Filter; expanded: readonly string[] };

/** Outlives the view: whoever comes back finds it as it was. */
let lastLook: Look = { by: "app", order: "recent", filter: noFilter, expanded: [] };

type Saved = { sentence: string; change: number | null };
type Excepted = { excepted: readonly Rule[]; change: number | null };

function exceptionText({ excepted }: Excepted): string {
  const [first] = excepted;
  const app = first?.app ? baseName(first.app) : text.rules.anyApp;
  return words.excepted(plain(app), excepted.map(({ host, address }) => plain(host ?? address ?? "")).join(", "));
}

/** Hears of no update itself: what stands around the rows is not drawn ten times a second. */
export function Monitor() {
  const [chosen, setChosen] = useState(lastLook);
  const [screen, setScreen] = useState<Screen>({ from: 0, rows: 60 });
  const [still, setStill] = useState(false);
  const [menu, setMenu] = useState<{ row: Row; anchor: Element; at?: DOMRect } | null>(null);
  const [rule, setRule] = useState<Suggested | null>(null);
  /** What would end the connection over which somebody works. */
  const [own, setOwn] = useState<Row | null>(null);
  const [done, setDone] = useState<Saved | Excepted | { ended: number } | { copied: string } | "undone" | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);

  const change = (part: Partial<Look>): void => setChosen({ ...chosen, ...part });
  const { from, rows } = screen;
  // While something is chosen for a row, it stays in sight.
  const fixed = still || menu !== null || rule !== null || own !== null;
  useEffect(() => {
    lastLook = chosen;
    look({ ...chosen, expanded: [...chosen.expanded], still: fixed, from, rows });
  }, [chosen, fixed, from, rows]);
  useEffect(() => () => look(null), []);

  const keepScreen = useCallback(
    (next: Screen) => setScreen((before) => (before.from === next.from && before.rows === next.rows ? before : next)),
    [],
  );
  const over = useCallback(() => setDone(null), []);
  const closeMenu = useCallback(() => setMenu(null), []);

  const toggle = (row: Row, open: boolean): void => {
    if (row.kind === "flow" || row.expanded === open) return;
    const others = chosen.expanded.filter((id) => id !== row.id);
    // Far more than anybody opens; the oldest close.
    change({ expanded: open ? [...others, row.id].slice(-1000) : others });
  };

  const act = async (what: Act): Promise<void> => {
    const row = menu?.row;
    setMenu(null);
    if (!row) return;
    if (what === "allow" || what === "block") {
      setRule(suggestedBy(row, what));
      return;
    }
    if (what === "rule") {
      if (row.kind !== "flow" || row.flow.rule === null) return;
      showRule(row.flow.rule);
      showView("rules");
      return;
    }
    if (what === "name" || what === "address") {
      const copied = placeOf(row)?.[what] ?? null;
      if (copied !== null && copy(copied)) setDone({ copied });
      return;
    }
    if (what === "except") {
      const outcome = await bridge.call("rules.except", { flow: row.id });
      setError(outcome.ok ? null : outcome.code);
      if (outcome.ok) setDone({ excepted: outcome.result.rules, change: outcome.result.change });
      return;
    }
    await end(row, false);
  };

  /** The connection over which somebody works ends only when they say so a second time. */
  const end = async (row: Row, confirm: boolean): Promise<void> => {
    const outcome = await bridge.call("monitor.end", { row: row.id, confirm });
    const own = !outcome.ok && outcome.code === "own_session";
    setOwn(own ? row : null);
    setError(outcome.ok || own ? null : outcome.code);
    if (outcome.ok) setDone({ ended: outcome.result.ended });
  };

  const undo = async (number: number): Promise<void> => {
    const outcome = await bridge.call("rules.undo", { change: number });
    setError(outcome.ok ? null : outcome.code);
    setDone(outcome.ok ? "undone" : null);
  };

  const narrowed = JSON.stringify(chosen.filter) !== JSON.stringify(noFilter);
  return (
    <section className="view" aria-label={words.title}>
      <div className="view-head monitor-head">
        <h1>{words.title}</h1>
        <Choice
          label={words.by.label}
          value={chosen.by}
          options={{ app: words.by.app, time: words.by.time }}
          choose={(by) => change({ by })}
        />
        <Summary />
        <Search
          label={words.search}
          value={chosen.filter.words}
          onChange={(value) => change({ filter: { ...chosen.filter, words: value.slice(0, 256) } })}
        />
      </div>
      <Filters
        filter={chosen.filter}
        setFilter={(filter) => change({ filter })}
        order={chosen.by === "app" ? chosen.order : null}
        setOrder={(order) => change({ order })}
      />
      <Rows
        flat={chosen.by === "time"}
        label={words.label[chosen.by]}
        menuIsOpen={menu !== null}
        setStill={setStill}
        setScreen={keepScreen}
        toggle={toggle}
        openMenu={(row, anchor, at) => setMenu({ row, anchor, ...(at && { at }) })}
        empty={<Empty narrowed={narrowed} showAll={() => change({ filter: noFilter })} />}
      />
      {error && <ErrorLine code={error} />}
      {done !== null && (
        <UndoLine
          key={JSON.stringify(done)}
          over={over}
          {...(typeof done === "object" &&
            "change" in done &&
            done.change !== null && {
              undo: { word: words.rule.undo, act: () => void undo(done.change as number) },
            })}
        >
          {done === "undone"
            ? words.rule.undone
            : "ended" in done
              ? words.ended_(done.ended)
              : "copied" in done
                ? words.copied(done.copied)
                : "excepted" in done
                  ? exceptionText(done)
                  : `${words.rule.saved} ${done.sentence}`}
        </UndoLine>
      )}
      {menu && <RowMenu {...menu} close={closeMenu} act={(what) => void act(what)} />}
      <OwnSession row={own} keep={() => setOwn(null)} end={(row) => void end(row, true)} />
      {rule && (
        <RuleForm
          rule={null}
          suggested={rule}
          close={() => setRule(null)}
          saved={(sentence, [change = null]) => {
            setRule(null);
            setDone({ sentence, change });
          }}
        />
      )}
    </section>
  );
}

function Rows({ empty, ...rest }: Omit<ComponentProps<typeof Grid>, "shown"> & { empty: ReactNode }) {
  const shown = useMonitor((state) => state.shown);
  if (shown === null) return null;
  return shown.total === 0 ? empty : <Grid shown={shown} {...rest} />;
}

function Summary() {
  const all = useMonitor((state) => state.shown?.all);
  if (all === undefined) return null;
  const { figures, history } = all;
  const [down, up] = [humanRate(figures.rateIn), humanRate(figures.rateOut)];
  return (
    <span className="summary">
      <span className="view-count">{words.summary(figures.live, figures.connections)}</span>
      <Sparkline values={history} />
      {(down || up) && (
        <span className="view-count" aria-hidden="true">
          ↓ {down || "0"} ↑ {up || "0"}
        </span>
      )}
    </span>
  );
}

function Empty({ narrowed, showAll }: { narrowed: boolean; showAll: () => void }) {
  if (!narrowed) return <Nothing icon={<Arrows />} title={words.none} hint={words.noneHint} />;
  return (
    <Nothing icon={<Arrows />} title={words.noMatch} hint={words.noMatchHint}>
      <Button className="button" onPress={showAll}>
        {words.showAll}
      </Button>
    </Nothing>
  );
}
