// When a card is on the screen, by the clock of the one who connected.
import type { Page } from "playwright-core";

declare global {
  interface Window {
    cardShown?: (card: { id: string; at: number }) => void;
    cardGone?: () => void;
  }
}

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

export class CardClock {
  private heard: ((card: { id: string; at: number }) => void) | undefined;
  private left: (() => void) | undefined;

  /** Watches the prompt window's page: shown, laid out, and two frames later drawn. */
  static async start(page: Page): Promise<CardClock> {
    const clock = new CardClock();
    const offset = await offsetOf(page);
    await page.exposeFunction("cardShown", (card: { id: string; at: number }) =>
      clock.heard?.({ id: card.id, at: card.at + offset }),
    );
    await page.exposeFunction("cardGone", () => clock.left?.());
    await page.evaluate(() => {
      let shown = false;
      let told = "";
      const look = (): void => {
        const id = document.querySelector<HTMLElement>(".card")?.dataset.id ?? "";
        if (id === "") {
          if (told !== "") window.cardGone?.();
          told = "";
          shown = false;
        } else if (shown && id !== told) {
          told = id;
          requestAnimationFrame(() => requestAnimationFrame(() => window.cardShown?.({ id, at: performance.now() })));
        }
      };
      window.picket.follow((update) => {
        if (update.kind === "shown") shown = true;
        look();
      });
      new MutationObserver(look).observe(document, { subtree: true, childList: true });
    });
    return clock;
  }

  next(): Promise<{ id: string; at: number }> {
    return new Promise((resolve) => {
      this.heard = resolve;
    });
  }

  gone(): Promise<void> {
    return new Promise((resolve) => {
      this.left = resolve;
      setTimeout(resolve, 1000);
    });
  }
}

/** What the page's clock lacks to CLOCK_MONOTONIC, by the quickest of some questions. */
async function offsetOf(page: Page): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, offset: 0 };
  for (let round = 0; round < 50; round++) {
    const before = nowMs();
    const there = await page.evaluate(() => performance.now());
    const after = nowMs();
    if (after - before < best.took) best = { took: after - before, offset: (before + after) / 2 - there };
  }
  return best.offset;
}
