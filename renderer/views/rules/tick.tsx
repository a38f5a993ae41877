// A box to tick, without a word that is seen.
import { Checkbox } from "react-aria-components";
import { Check } from "../../parts/icons.tsx";

type Props = {
  label: string;
  selected: boolean;
  some?: boolean;
  change: (selected: boolean) => void;
  found?: () => void;
};

export function Tick({ label, selected, some = false, change, found }: Props) {
  return (
    <Checkbox
      className="tick"
      aria-label={label}
      isSelected={selected}
      isIndeterminate={some}
      onChange={change}
      {...(found && { autoFocus: true, onFocus: found })}
    >
      <span className="tick-box" aria-hidden="true">
        {some ? <span className="tick-some" /> : selected && <Check />}
      </span>
    </Checkbox>
  );
}
