// What can be done from a row.
import { useEffect, useRef } from "react";
import { Menu, MenuItem, Popover, Separator } from "react-aria-components";
import type { Row } from "../../../contract/monitor.ts";
import { isIdentified, plain } from "../../format.ts";
import { Check, Cross, Lines, Pages, Slash } from "../../parts/icons.tsx";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { labelOf } from "./row.tsx";
import { appOf } from "./row-rule.ts";

const words = text.monitor;

export type Act = "allow" | "block" | "except" | "rule" | "name" | "address" | "end";
type Props = { row: Row; anchor: Element; at?: DOMRect; close: () => void; act: (what: Act) => void };

export function RowMenu({ row, anchor, at, close, act }: Props) {
  const trigger = useRef(anchor);
  // One that was deleted since can be shown no more.
  const ruleIsThere = useKnown(
    ({ rules }) => row.kind === "flow" && row.flow.rule !== null && rules.has(row.flow.rule),
  );
  useEffect(() => {
    const another = (event: Event): void => {
      event.preventDefault();
      close();
    };
    // On its way down: the one that opened this menu has passed there before.
    addEventListener("contextmenu", another, true);
    return () => removeEventListener("contextmenu", another, true);
  }, [close]);
  const place = placeOf(row);
  const { live, held } = row.figures;
  // A rule needs a program to be about; what waits is answered, not ended.
  const off = [
    ...(isIdentified(appOf(row).path) ? [] : ["allow", "block"]),
    ...(ruleIsThere ? [] : ["rule"]),
    ...(place?.name === null ? ["name"] : []),
    ...(live === 0 || (row.kind === "flow" && held > 0) ? ["end"] : []),
  ];
  return (
    <Popover
      className="popover"
      aria-label={words.actions(labelOf(row))}
      triggerRef={trigger}
      isOpen
      onOpenChange={(open) => !open && close()}
      {...(at ? { placement: "bottom start", offset: 0, getTargetRect: () => at } : { placement: "bottom end" })}
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
        {row.kind === "flow" && (
          <MenuItem id="rule" className="menu-item" textValue={words.showRule}>
            <Lines /> {words.showRule}
          </MenuItem>
        )}
        {place && (
          <>
            <Separator className="menu-line" />
            <MenuItem id="name" className="menu-item" textValue={words.copyName}>
              <Pages /> {words.copyName}
            </MenuItem>
            {place.address !== null && (
              <MenuItem id="address" className="menu-item" textValue={words.copyAddress}>
                <Pages /> {words.copyAddress}
              </MenuItem>
            )}
          </>
        )}
        <Separator className="menu-line" />
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

/** What a row says of where it leads to. A domain has no address of its own, an app is everywhere. */
export function placeOf(row: Row): { name: string | null; address: string | null } | null {
  switch (row.kind) {
    case "app":
      return null;
    case "domain":
      return { name: plain(row.domain), address: null };
    default: {
      const { host, address } = row.kind === "flow" ? row.flow.endpoint : row;
      return { name: host === null ? null : plain(host), address: plain(address) };
    }
  }
}
