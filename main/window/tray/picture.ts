// The tray's icon, drawn: three pales, two rails, and a mark in the corner that tells the state by its shape as well as its colour. Pure.
import type { TrayState } from "./menu.ts";

type Colour = readonly [red: number, green: number, blue: number];
type Mark = { colour: Colour; covers: (x: number, y: number) => boolean };

/** Seen on light and on dark panels alike. */
const fence: Colour = [63, 159, 120];
const still: Colour = [140, 146, 143];
const amber: Colour = [224, 158, 40];
const red: Colour = [214, 74, 62];
const blue: Colour = [64, 138, 206];

/** In a square of 24 units. The mark's middle, and how far it and the gap around it reach. */
const middle = 17.5;
const reach = 6;
const gap = 1.6;

const away = (x: number, y: number) => Math.hypot(x - middle, y - middle);
const disc = (x: number, y: number): boolean => away(x, y) <= reach;
const ring = (x: number, y: number): boolean => away(x, y) <= reach && away(x, y) > reach - 2.2;
const square = (x: number, y: number): boolean => Math.max(Math.abs(x - middle), Math.abs(y - middle)) <= reach - 0.8;
const bars = (x: number, y: number): boolean =>
  Math.abs(y - middle) <= reach - 0.5 && Math.abs(Math.abs(x - middle) - 3) <= 1.7;
const cross = (x: number, y: number): boolean =>
  disc(x, y) && Math.min(Math.abs(x - y), Math.abs(x + y - 2 * middle)) <= 2.2;
const slash = (x: number, y: number): boolean => ring(x, y) || (disc(x, y) && Math.abs(x - y) <= 1.6);

const marks: Record<TrayState, Mark | null> = {
  asking: null,
  waiting: { colour: amber, covers: disc },
  learning: { colour: blue, covers: ring },
  allowing: { colour: amber, covers: ring },
  blocking: { colour: red, covers: slash },
  paused: { colour: amber, covers: bars },
  lockdown: { colour: red, covers: square },
  away: { colour: red, covers: cross },
};

function isFence(x: number, y: number): boolean {
  if (x < 2 || x > 22 || y < 3 || y > 21) return false;
  if ((y >= 9.6 && y <= 11.7) || (y >= 15.4 && y <= 17.5)) return true;
  // A pale is 3.5 wide and has a tip.
  return [5.75, 12, 18.25].some((at) => Math.abs(x - at) <= Math.min(1.75, ((y - 3) / 3.2) * 1.75));
}

/** Points in each direction that a pixel is the mean of. */
const fineness = 4;

/** BGRA, `size` pixels each way, colours multiplied by their opacity: what Electron's createFromBitmap takes. */
export function trayPicture(state: TrayState, size: number): Buffer {
  const mark = marks[state];
  const ink = state === "away" || state === "paused" ? still : fence;
  const picture = Buffer.alloc(size * size * 4);
  const unit = 24 / size;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const sum = [0, 0, 0, 0];
      for (let point = 0; point < fineness * fineness; point++) {
        const x = (column + ((point % fineness) + 0.5) / fineness) * unit;
        const y = (row + (Math.floor(point / fineness) + 0.5) / fineness) * unit;
        const colour = colourAt(x, y, ink, mark);
        if (colour === null) continue;
        const [r, g, b] = colour;
        for (const [at, value] of [b, g, r, 255].entries()) sum[at] = (sum[at] ?? 0) + value;
      }
      const at = (row * size + column) * 4;
      for (const [channel, value] of sum.entries()) picture[at + channel] = Math.round(value / (fineness * fineness));
    }
  }
  return picture;
}

function colourAt(x: number, y: number, ink: Colour, mark: Mark | null): Colour | null {
  if (mark?.covers(x, y)) return mark.colour;
  if (mark !== null && away(x, y) <= reach + gap) return null;
  return isFence(x, y) ? ink : null;
}
