// The last half minute as a small drawing: how much, not exactly how much. Words stand beside it.
import { memo } from "react";
import { historySeconds } from "../../contract/monitor.ts";

const width = historySeconds - 1;
const height = 10;

/** `values`: one a second, the newest last; empty for nothing. */
export const Sparkline = memo(function Sparkline({ values }: { values: readonly number[] }) {
  const most = Math.max(...values, 0);
  if (most === 0) return <span className="sparkline" />;
  const points = values.map((value, at) => `${at},${(height - (value / most) * (height - 1)).toFixed(1)}`);
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path className="sparkline-area" d={`M0,${height}L${points.join("L")}L${width},${height}Z`} />
      <path className="sparkline-line" d={`M${points.join("L")}`} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
