// Rows are drawn some a frame: each once, in the order in which they asked, and nobody waits for ever behind those who ask again and again.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { drawInTurn, forgetTurn } from "../../renderer/views/monitor/turns.ts";

let frames: (() => void)[] = [];

/** Everything that was to be done in the next frame. */
function nextFrame(): void {
  const due = frames;
  frames = [];
  for (const draw of due) draw();
}

beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => frames.push(draw));
});
afterEach(() => {
  while (frames.length > 0) nextFrame();
  vi.unstubAllGlobals();
});

it("a frame draws only so many, in their order, and the next frames the others", () => {
  const drawn: number[] = [];
  const rows = Array.from({ length: 20 }, (_, at) => () => void drawn.push(at));
  for (const row of rows) drawInTurn(row);
  expect(drawn).toEqual([]);
  expect(frames).toHaveLength(1);
  nextFrame();
  expect(drawn.length).toBeGreaterThan(0);
  expect(drawn.length).toBeLessThan(20);
  // Whoever waits and asks again keeps its place.
  const first = [...drawn];
  for (const row of rows) drawInTurn(row);
  while (frames.length > 0) nextFrame();
  expect(drawn).toEqual([...rows.keys(), ...first]);
});

it("who is gone is not drawn", () => {
  const draw = vi.fn();
  drawInTurn(draw);
  forgetTurn(draw);
  nextFrame();
  expect(draw).not.toHaveBeenCalled();
});
