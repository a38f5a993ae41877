// Pictures of the rules: the list with its hints, several chosen, and the form.
import type { Page } from "playwright-core";
import { ago, aRule, curl, firefox } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { aProfile } from "./scenario-profiles.ts";

export async function shootRules(
  main: Page,
  helper: ScenarioHelper,
  shoot: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  helper.profiles.known = [aProfile("Café"), aProfile("Home")];
  helper.remarks.set("r2", { hints: [{ kind: "unused", by: null, why: "It decided nothing for 41 days." }] });
  helper.remarks.set("r10", { hints: [{ kind: "redundant", by: "r1", why: "" }] });
  helper.put(
    "rules",
    aRule("r10", { created: ago(30), address: null, domain: "example.org", port: 443 }),
    aRule("r11", {
      app: curl.path,
      via: "/usr/bin/make",
      address: null,
      domain: "packages.example.net",
      port: 443,
      profile: "Home",
      note: "For builds at home.\nThe mirror is slow before noon.",
      created: ago(40),
    }),
  );
  await main.getByRole("tab", { name: /Rules/ }).click();
  await main.locator('[data-id="r10"] .rule-hint').waitFor();
  await shoot(main, "rules");
  for (const id of ["r10", "r5"]) await main.locator(`[data-id="${id}"]`).getByRole("checkbox").click({ force: true });
  await main.locator('[data-id="r9"] .switch').click();
  await main.locator(".undo-line").waitFor();
  await shoot(main, "rules-chosen");
  await main.locator(".undo-line").getByRole("button").click();
  await main.getByRole("checkbox", { name: "Select all" }).click({ force: true });
  await main.getByRole("checkbox", { name: "Select all" }).click({ force: true });
  await main
    .locator('[data-id="r11"]')
    .getByRole("button", { name: /^Change/ })
    .click();
  await main.getByRole("dialog").waitFor();
  await shoot(main, "rules-editor");
  await main.keyboard.press("Escape");
  await main.getByRole("dialog").waitFor({ state: "detached" });
  await main.getByRole("button", { name: "Add rule" }).click();
  await main.getByRole("combobox", { name: "Its program file" }).fill(firefox.path.slice(0, 9));
  await shoot(main, "rules-new");
  await main.keyboard.press("Escape");
  await main.keyboard.press("Escape");
  await main.getByRole("dialog").waitFor({ state: "detached" });
}
