// What a preference is set with: one of a few, or on and off.
import { Switch } from "react-aria-components";
import type { Preferences } from "../../../contract/preferences.ts";
import { Choice } from "../../parts/choice.tsx";
import { Pick } from "../../parts/pick.tsx";
import { prefer, useShell } from "../../preferences.ts";

type Worded = { [Name in keyof Preferences]: Preferences[Name] extends string ? Name : never }[keyof Preferences];
type Switched = { [Name in keyof Preferences]: Preferences[Name] extends boolean ? Name : never }[keyof Preferences];

type Props<Name extends Worded> = {
  name: Name;
  label: string;
  options: Readonly<Record<Preferences[Name], string>>;
};

export function PreferenceChoice<Name extends Worded>({ name, label, options }: Props<Name>) {
  const value = useShell(({ preferences }) => preferences[name]);
  return <Choice label={label} value={value} options={options} choose={(next) => prefer({ [name]: next })} />;
}

export function PreferencePick<Name extends Worded>({ name, label, options }: Props<Name>) {
  const value = useShell(({ preferences }) => preferences[name]);
  return <Pick label={label} value={value} options={options} choose={(next) => prefer({ [name]: next })} />;
}

export function PreferenceSwitch({ name, label }: { name: Switched; label: string }) {
  const on = useShell(({ preferences }) => preferences[name]);
  return <Toggle label={label} on={on} set={(next) => prefer({ [name]: next })} />;
}

export function Toggle({ label, on, set }: { label: string; on: boolean; set: (on: boolean) => void }) {
  return (
    <Switch className="switch" aria-label={label} isSelected={on} onChange={set}>
      <span className="switch-track" aria-hidden="true">
        <span className="switch-thumb" />
      </span>
    </Switch>
  );
}
