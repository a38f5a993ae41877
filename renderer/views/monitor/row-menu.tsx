// What can be done from a row.
import { useRef } from "react";
import { Menu, MenuItem, Popover } from "react-aria-components";
import type { Row } from "../../../contract/monitor.ts";
import { isIdentified } from "../../format.ts";
import { Check, Cross, Slash } from "../../parts/icons.tsx";
import { text } from "../../text.ts";
import { labelOf } from "./row.tsx";
import { appOf } from "./row-rule.ts";

const words = text.monitor;

export type Act = "allow" | "block" | "except" | "end";
type Props = { row: Row; anchor: Element; close: () => void; act: (what: Act) => void };

export function RowMenu({ row, anchor, close, act }: Props) {
  const trigger = useRef(anchor);
  const { live, held } = row.figures;
  // A rule needs a program to be about; what waits is answered, not ended.
  const off = [
    ...(isIdentified(appOf(row).path) ? [] : ["allow", "block"]),
    ...(live === 0 || (row.kind === "flow" && held > 0) ? ["end"] : []),
  ];
  return (
    <Popover
      className="popover"
      aria-label={words.actions(labelOf(row))}
      triggerRef={trigger}
      isOpen
      onOpenChange={(open) => !open && close()}
      placement="bottom end"
    >
      <Menu
        className="menu"
        aria-label={words.actions(labelOf(row))}
        autoFocus="first"
        disabledKeys={off}
        onAction={(key) => act(key as Act)}
        onClose={close}
      >
        <MenuItem id="allow" className="menu-item" textValue={words.allow}>
          <Check /> {words.allow}
        </MenuItem>
        <MenuItem id="block" className="menu-item" textValue={words.block}>
          <Slash /> {words.block}
        </MenuItem>
        {isListed(row) && (
          <MenuItem id="except" className="menu-item" textValue={words.except}>
            <Check /> {words.except}
          </MenuItem>
        )}
        <MenuItem id="end" className="menu-item" textValue={words.end(Math.max(1, live))}>
          <Cross /> {words.end(Math.max(1, live))}
        </MenuItem>
      </Menu>
    </Popover>
  );
}

/** A blocklist blocked it: the app can be let past the lists to just that. */
function isListed(row: Row): boolean {
  return row.kind === "flow" && row.flow.verdict === "block" && row.flow.layer === "blocklist";
}
