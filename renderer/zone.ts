// Times in the zone the computer is in at this moment: a page lives for weeks, its computer travels.
import { language } from "./text.ts";

let known: string | null = null;

/** IANA name. Asked for at most once in what is done in one go: drawing a thousand rows asks a thousand times. */
export function zone(): string {
  if (known === null) {
    known = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    queueMicrotask(() => {
      known = null;
    });
  }
  return known;
}

/** How a time is written. A formatter keeps the zone it was made in: it is made anew in another one. */
export function timeFormat(options: Intl.DateTimeFormatOptions): (date: Date) => string {
  let made: { zone: string; format: Intl.DateTimeFormat } | null = null;
  return (date) => {
    const now = zone();
    if (made?.zone !== now)
      made = { zone: now, format: new Intl.DateTimeFormat(language, { ...options, timeZone: now }) };
    return made.format.format(date);
  };
}
