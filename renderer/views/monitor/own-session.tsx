// A question before the connection ends over which somebody works at this very window, as over SSH: it cannot be taken back.
import type { Row } from "../../../contract/monitor.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { text } from "../../text.ts";
import { labelOf } from "./row.tsx";

const words = text.monitor.own;

/** `row` null: there is nothing to ask. */
export function OwnSession({ row, keep, end }: { row: Row | null; keep: () => void; end: (row: Row) => void }) {
  if (row === null) return null;
  const { live } = row.figures;
  return (
    <Confirm
      isOpen
      title={words.title}
      subject={<bdi>{labelOf(row)}</bdi>}
      body={live > 1 ? words.among(live) : words.body}
      no={{ word: words.no, act: keep }}
      yes={{ word: words.yes(Math.max(1, live)), act: () => end(row) }}
    />
  );
}
