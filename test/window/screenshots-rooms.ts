// Pictures of blocklists, profiles and what was learned.
import type { Page } from "playwright-core";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { fillWithLists } from "./scenario-rooms-day.ts";

type Shoot = (page: Page, name: string) => Promise<void>;

export async function shootBlocklists(main: Page, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  const ids = [...helper.blocklists.keys()];
  if (ids.length > 0) helper.drop("blocklists", ...ids);
  helper.drop("rules", "e1", "e2");
  await main.getByRole("tab", { name: "Blocklists" }).click();
  await main.getByText("No blocklists yet").waitFor();
  await shoot(main, "blocklists-none");
  fillWithLists(helper);
  await main.locator('[data-list="Phishing"] .notice').waitFor();
  await shoot(main, "blocklists");
  await main.getByRole("button", { name: "Details of Ads and trackers" }).click();
  await main.getByText("metrics.example.com").waitFor();
  await shoot(main, "blocklists-details");
  await main.getByRole("button", { name: "Add list" }).click();
  await main.getByRole("textbox", { name: "Address of the list" }).fill("lists.example.org/ads.txt");
  await main.getByRole("dialog").getByRole("button", { name: "Add list" }).click();
  await shoot(main, "blocklists-add");
  await main.keyboard.press("Escape");
  await main.getByRole("dialog").waitFor({ state: "detached" });
}
