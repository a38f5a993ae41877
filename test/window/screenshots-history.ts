// The pictures of the history: a day, one app's part of it with a time chosen, networks, and a year.
import type { Page } from "playwright-core";

export async function shootHistory(main: Page, shoot: (page: Page, name: string) => Promise<void>): Promise<void> {
  const choose = (name: string) => main.getByRole("radio", { name, exact: true }).click({ force: true });
  const row = (name: string) => main.locator(".history-rows .row[data-id]").filter({ hasText: name });
  await main.getByRole("tab", { name: "History" }).click();
  await choose("24 h");
  await row("Firefox").waitFor();
  await shoot(main, "history");
  await row("Firefox").getByRole("button").click();
  await row("example.org").waitFor();
  const box = await main.locator(".chart-box .u-over").boundingBox();
  if (box === null) throw new Error("no chart");
  const y = box.y + box.height / 2;
  await main.mouse.move(box.x + box.width * 0.72, y);
  await main.mouse.down();
  await main.mouse.move(box.x + box.width * 0.9, y, { steps: 8 });
  await main.mouse.up();
  await main.locator(".time-chip").waitFor();
  await shoot(main, "history-app");
  await main.locator(".time-chip").click();
  await main.getByRole("button", { name: "Everything" }).click();
  await row("Firefox").waitFor();
  await choose("Networks");
  await choose("30 days");
  await choose("Amount");
  await row("phone").waitFor();
  await shoot(main, "history-networks");
  await choose("Countries");
  await choose("7 days");
  await choose("Speed");
  await row("Germany").waitFor();
  await main.locator(".happened").click();
  await main.getByRole("dialog").waitFor();
  await shoot(main, "history-countries");
  await main.keyboard.press("Escape");
  await choose("24 h");
  await choose("Apps");
}
