// The fields of a form: a label that is seen, what it is for, and what is wrong with it.
import type { ReactNode } from "react";
import {
  Button,
  ComboBox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Text,
  TextArea,
  TextField,
} from "react-aria-components";
import { plain } from "../format.ts";
import { Chevron } from "./icons.tsx";

type Props = {
  label: string;
  value: string;
  change: (value: string) => void;
  hint?: string;
  /** Why it cannot be; null while it can. */
  problem?: string | null;
  most: number;
};

export function TextLine({ label, value, change, hint, problem = null, most }: Props) {
  return (
    <TextField className="field" value={value} onChange={change} maxLength={most} isInvalid={problem !== null}>
      <Label className="field-label">{label}</Label>
      <Input className="field-input" spellCheck="false" />
      {problem === null && hint && (
        <Text slot="description" className="second">
          {hint}
        </Text>
      )}
      <FieldError className="field-problem">{problem}</FieldError>
    </TextField>
  );
}

export function TextLines({ label, value, change, most }: Props) {
  return (
    <TextField className="field" value={value} onChange={change} maxLength={most}>
      <Label className="field-label">{label}</Label>
      <TextArea className="field-input" rows={2} />
    </TextField>
  );
}

/** Anything may be written; what is known already is offered. */
export function Suggested({
  label,
  value,
  change,
  hint,
  problem = null,
  most,
  known,
}: Props & { known: readonly string[] }) {
  return (
    <ComboBox
      className="field"
      allowsCustomValue
      inputValue={value}
      onInputChange={(next) => change(next.slice(0, most))}
      defaultItems={known.map((id) => ({ id }))}
      isInvalid={problem !== null}
    >
      <Label className="field-label">{label}</Label>
      <div className="field-combo">
        <Input className="field-input" spellCheck="false" />
        <Button className="field-open">
          <Chevron />
        </Button>
      </div>
      {problem === null && hint && (
        <Text slot="description" className="second">
          {hint}
        </Text>
      )}
      <FieldError className="field-problem">{problem}</FieldError>
      <Popover className="popover field-list" offset={4} maxHeight={240}>
        <ListBox<{ id: string }> className="menu">
          {({ id }) => (
            <ListBoxItem id={id} className="menu-item" textValue={id}>
              <bdi>{plain(id)}</bdi>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

/** A label that is seen over something that says its own. */
export function Named({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="field">
      <span className="field-label" aria-hidden="true">
        {label}
      </span>
      {children}
    </div>
  );
}
