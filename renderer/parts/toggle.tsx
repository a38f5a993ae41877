// A switch without a word that is seen: what stands beside it says what it is about.
import { Switch } from "react-aria-components";

type Props = { label: string; selected: boolean; disabled?: boolean; change: (selected: boolean) => void };

export function Toggle({ label, selected, disabled = false, change }: Props) {
  return (
    <Switch className="switch" aria-label={label} isSelected={selected} isDisabled={disabled} onChange={change}>
      <span className="switch-track" aria-hidden="true">
        <span className="switch-thumb" />
      </span>
    </Switch>
  );
}
