// The panel below the control: what happens to new connections, pause, lockdown, and the profile where there are any.
import { useEffect, useState } from "react";
import { Button, ListBox, ListBoxItem, Switch } from "react-aria-components";
import type { Duration } from "../../contract/lifetime.ts";
import { type Mode, modeSchema, type Standing } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { moment, plain } from "../format.ts";
import { ErrorLine } from "../parts/notice.tsx";
import { Pick } from "../parts/pick.tsx";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import { change, useStanding } from "./standing.ts";

const words = text.frame;

/** In the order in which they let less through without a question. */
const modes = modeSchema.options;

export function StandingPanel({ standing }: { standing: Standing }) {
  const { busy, error } = useStanding();
  const up = useKnown((known) => known.link.state === "up");
  // Not while it is busy: what has the focus would lose it, and Escape would no longer close the panel.
  const off = !up;
  return (
    <>
      {error && <ErrorLine code={error} />}
      <h2 className="panel-title">{words.title}</h2>
      <ModeChoice standing={standing} isDisabled={off} />
      <PauseChoice standing={standing} isDisabled={off} />
      <LockdownSwitch standing={standing} isDisabled={off} />
      <ProfileChoice standing={standing} />
      <Slow busy={busy} />
    </>
  );
}

type Props = { standing: Standing; isDisabled: boolean };

export function ModeChoice({ standing: { mode }, isDisabled }: Props) {
  return (
    // A list, not radio buttons: with the arrows one goes past what one does not mean.
    <ListBox
      className="modes"
      aria-label={words.title}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[mode]}
      disabledKeys={isDisabled ? modes : []}
      onSelectionChange={(keys) => {
        const [next] = [...keys] as Mode[];
        if (next !== undefined && next !== mode) void change("mode.set", { mode: next });
      }}
    >
      {modes.map((each) => (
        <ListBoxItem key={each} id={each} className="mode-item" textValue={words.modes[each].name}>
          <span className="mode-dot" aria-hidden="true" />
          <span className="mode-words">
            <strong>{words.modes[each].name}</strong>
            <span className="second">{words.modes[each].what}</span>
          </span>
        </ListBoxItem>
      ))}
    </ListBox>
  );
}

export function PauseChoice({ standing: { override }, isDisabled }: Props) {
  const paused = override?.kind === "pause";
  return (
    <section className="panel-part" aria-label={words.pause.title}>
      <h2>{words.pause.title}</h2>
      <p className="second">
        {!paused
          ? words.pause.what
          : override.ends === null
            ? words.pause.now
            : words.pause.until(moment(override.ends, new Date()))}
        {override?.kind === "lockdown" && ` ${words.lockdown.first}`}
      </p>
      <div className="panel-buttons">
        {(Object.entries(words.pause.lengths) as [Duration, string][]).map(([length, word]) => (
          <Button
            key={length}
            className="button"
            isDisabled={isDisabled}
            onPress={() => void change("pause", { for: length })}
          >
            {word}
          </Button>
        ))}
      </div>
    </section>
  );
}

export function LockdownSwitch({ standing: { override }, isDisabled }: Props) {
  return (
    <Switch
      className="switch panel-switch"
      isSelected={override?.kind === "lockdown"}
      isDisabled={isDisabled}
      onChange={(on) => void change("lockdown", { on })}
    >
      <span className="mode-words">
        <strong>{words.lockdown.title}</strong>
        <span className="second">{words.lockdown.what}</span>
      </span>
      <span className="switch-track" aria-hidden="true">
        <span className="switch-thumb" />
      </span>
    </Switch>
  );
}

/** A profile may be called anything: its place in the list is its key. */
export function ProfileChoice({ standing: { profile, automatic } }: { standing: Standing }) {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    void bridge.call("profiles.list", {}).then((outcome) => {
      if (outcome.ok) setNames(outcome.result.profiles.map(({ name }) => name));
    });
  }, []);
  if (names.length === 0) return null;
  const options = Object.fromEntries([
    ["automatic", words.profile.automatic(automatic && profile !== null ? plain(profile) : null)],
    ["none", words.profile.none],
    ...names.map((name, at) => [`p${at}`, plain(name)]),
  ]) as Record<string, string>;
  const at = names.indexOf(profile ?? "");
  const value = automatic ? "automatic" : at < 0 ? "none" : `p${at}`;
  return (
    <section className="panel-part panel-line" aria-label={words.profile.title}>
      <h2>{words.profile.title}</h2>
      <Pick
        label={words.profile.title}
        value={value}
        options={options}
        choose={(key) => {
          if (key === value) return;
          if (key === "automatic") void change("profile.set", { automatic: true });
          else void change("profile.set", { name: key === "none" ? null : (names[Number(key.slice(1))] ?? null) });
        }}
      />
    </section>
  );
}

/** Words only for what takes long. */
function Slow({ busy }: { busy: boolean }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = busy ? setTimeout(() => setSlow(true), 1000) : undefined;
    setSlow(false);
    return () => clearTimeout(timer);
  }, [busy]);
  return slow && <p className="hint">{words.busy}</p>;
}
