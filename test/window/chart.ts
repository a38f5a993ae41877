// History's chart under a pointer.
import type { Page } from "playwright-core";

/** Drags over a part of it; both are shares of its width. */
export async function dragOver(page: Page, from: number, to: number): Promise<void> {
  const box = await page.locator(".chart-box .u-over").boundingBox();
  if (box === null) throw new Error("no chart");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 5 });
  await page.mouse.up();
}
