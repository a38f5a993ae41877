// The search box of a view. Words narrow the list; Escape or the cross clears it.
import { Button, Input, SearchField } from "react-aria-components";
import { text } from "../text.ts";
import { Cross, Lens } from "./icons.tsx";

export function Search({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <SearchField className="search" aria-label={label} value={value} onChange={onChange}>
      <Lens />
      <Input placeholder={label} />
      <Button className="search-clear" aria-label={text.clearSearch}>
        <Cross />
      </Button>
    </SearchField>
  );
}

/** Every word must occur somewhere in what a row shows. */
export function matches(query: string, ...shown: string[]): boolean {
  const hay = shown.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
