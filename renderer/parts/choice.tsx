// One of a few that stand side by side.
import { Radio, RadioGroup } from "react-aria-components";

type Props<T extends string> = {
  label: string;
  value: T;
  options: Readonly<Record<T, string>>;
  choose: (value: T) => void;
};

export function Choice<T extends string>({ label, value, options, choose }: Props<T>) {
  return (
    <RadioGroup
      className="choice"
      aria-label={label}
      orientation="horizontal"
      value={value}
      onChange={(next) => choose(next as T)}
    >
      {(Object.entries(options) as [T, string][]).map(([id, word]) => (
        <Radio key={id} value={id} className="choice-item">
          {word}
        </Radio>
      ))}
    </RadioGroup>
  );
}
