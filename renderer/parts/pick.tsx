// One of a few, chosen from a list that opens; its label is said, not shown.
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";
import { Chevron } from "./icons.tsx";

type Props<T extends string> = {
  label: string;
  value: T;
  /** What can be chosen, in order. */
  options: Readonly<Record<T, string>>;
  choose: (value: T) => void;
};

export function Pick<T extends string>({ label, value, options, choose }: Props<T>) {
  return (
    <Select className="pick" selectedKey={value} onSelectionChange={(key) => choose(key as T)}>
      <Label className="hidden-words">{label}</Label>
      <Button className="button pick-button">
        <SelectValue />
        <Chevron />
      </Button>
      <Popover className="popover" offset={4}>
        <ListBox className="menu">
          {(Object.entries(options) as [T, string][]).map(([id, word]) => (
            <ListBoxItem key={id} id={id} className="menu-item" textValue={word}>
              {word}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
