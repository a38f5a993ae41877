// How long a silent caller is waited for. Time is the test's; the sockets behind are proved by test/end-to-end/inbound.test.ts.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Arrivals } from "../../../helper/hold/arrivals.ts";
import { Deliveries } from "../../../helper/kernel/deliveries.ts";

let arrivals: Arrivals;
beforeEach(() => {
  vi.useFakeTimers();
  arrivals = new Arrivals({ deliveries: new Deliveries(() => {}), warn: () => {} });
});
afterEach(() => {
  arrivals.close();
  vi.useRealTimers();
});

it("a caller that goes on sending is waited for, one that stopped is not", () => {
  const ended = vi.fn();
  // Linux's SYNs at first every second, then twice as far apart each time.
  for (const gap of [1, 1, 1, 1, 2, 4, 8, 16, 32]) {
    arrivals.expectMore("flow", ended);
    vi.advanceTimersByTime(gap * 1000);
  }
  arrivals.expectMore("flow", ended);
  expect(ended).not.toHaveBeenCalled();
  vi.advanceTimersByTime(80_000);
  expect(ended).toHaveBeenCalledTimes(1);
});

it("a settled one is not", () => {
  const ended = vi.fn();
  arrivals.expectMore("flow", ended);
  arrivals.settle("flow");
  vi.advanceTimersByTime(300_000);
  expect(ended).not.toHaveBeenCalled();
});

it("a blocked attempt is remembered for longer than its caller can retransmit", () => {
  const forget = vi.fn();
  arrivals.outlast("flow", forget);
  vi.advanceTimersByTime(127_000);
  expect(forget).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(forget).toHaveBeenCalledTimes(1);
});
