// A few rows a frame: while thousands of connections come and go all of them change ten times a second, and to draw them at once would hold
// up whatever somebody does meanwhile.
import { flushSync } from "react-dom";

const perFrame = 4;
/** In the order in which they asked. */
const waiting = new Set<() => void>();
let expected = false;

function drawSome(): void {
  expected = false;
  const now = [...waiting].slice(0, perFrame);
  // In this very frame: React would put several frames' turns together.
  flushSync(() => {
    for (const draw of now) {
      waiting.delete(draw);
      draw();
    }
  });
  if (waiting.size > 0) expectFrame();
}

function expectFrame(): void {
  if (!expected) requestAnimationFrame(drawSome);
  expected = true;
}

/** Calls `draw` once, in one of the next frames; who asks again before keeps its place. */
export function drawInTurn(draw: () => void): void {
  waiting.add(draw);
  expectFrame();
}

export function forgetTurn(draw: () => void): void {
  waiting.delete(draw);
}
