// A card can hide nothing: on every screen, what is asked for, by whom and what an answer means is in view together with the answers.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { aCrowdedPrompt } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });

/** Selectors of what must be whole and in view. */
const essentials = [
  "h1",
  ".target-name",
  ".target-detail",
  ".process",
  ".process .tag-warn",
  ".scopes",
  ".lifetimes",
  ".preview",
  ".button-block",
  ".button-allow",
];

// The screen is 2800 × 2000; the larger its pixels are drawn, the smaller it is for the card.
describe.each([
  { screen: "a large screen", scale: "1" },
  { screen: "a laptop's screen of 1077 × 769", scale: "2.6" },
  { screen: "a screen of 700 × 500", scale: "4" },
])("on $screen", ({ scale }) => {
  let helper: ScenarioHelper;
  let app: App;

  beforeAll(async () => {
    helper = await ScenarioHelper.start();
    app = await App.start(helper.socketPath, ["--no-sandbox", `--force-device-scale-factor=${scale}`]);
    await app.main.locator("[data-health=up]").waitFor();
  });
  afterAll(async () => {
    await app?.end();
    await helper?.end();
  });

  /** What is out of the window, cut off inside its box, or under something else. */
  const hidden = () =>
    app.prompt.evaluate((selectors) => {
      const found = (selector: string): string[] => {
        const element = document.querySelector<HTMLElement>(selector);
        if (!element) return [`${selector} is missing`];
        const { top, left, bottom, right } = element.getBoundingClientRect();
        const faults: string[] = [];
        if (top < 0 || left < 0 || bottom > innerHeight || right > innerWidth) {
          faults.push(`${selector} is out of view: ${[left, top, right, bottom]} in ${innerWidth} × ${innerHeight}`);
        }
        if (element.scrollHeight > element.clientHeight + 1 && element.clientHeight > 0)
          faults.push(`${selector} is cut`);
        const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        if (!middle || !(element.contains(middle) || middle.contains(element))) faults.push(`${selector} is covered`);
        return faults;
      };
      const spilt = [...document.querySelectorAll(".choice-item, .scope-item, .button")].filter(
        (each) => each.scrollWidth > each.clientWidth + 1,
      );
      const root = document.getElementById("root") as HTMLElement;
      const scrolls = root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth;
      return [
        ...selectors.flatMap(found),
        ...spilt.map((each) => `${each.textContent} spills over`),
        ...(scrolls ? ["the card scrolls"] : []),
      ];
    }, essentials);

  test("nothing of a crowded card is hidden, whatever is chosen, hovered or unfolded", async () => {
    helper.put("prompts", aCrowdedPrompt("p1"));
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
    await app.liveCard("p1");
    await waitFor(async () => expect(await hidden()).toEqual([]));
    expect(await app.prompt.locator(".target-name").textContent()).toBe("2001:db8:1234:5678:9abc:def0:1234:a000");
    expect(await app.prompt.locator(".target-detail").textContent()).toBe("port 50000 (TCP) and 39 more");
    const answers = () => app.prompt.locator(".answers").boundingBox();
    for (const lifetime of ["This time", "For good"]) {
      await app.prompt.getByText(lifetime).click();
      await waitFor(async () => expect(await hidden()).toEqual([]));
      const before = await answers();
      for (const name of ["Block", "Allow"]) {
        await app.prompt.getByRole("button", { name }).hover();
        await app.prompt.locator(".preview", { hasText: `${name}:` }).waitFor();
        expect(await hidden()).toEqual([]);
        expect(await answers()).toEqual(before);
      }
    }
  });

  test("all of it is in the fold, to be read and copied", async () => {
    const prompt = aCrowdedPrompt("p1");
    await app.prompt.getByRole("button", { name: /and \d+ more/ }).click();
    await app.prompt.locator(".details[open]").waitFor();
    await waitFor(async () => expect(await hidden()).toEqual([]));
    expect(await app.prompt.locator(".details .exact").allTextContents()).toEqual([
      prompt.app.path,
      prompt.process.command,
    ]);
    expect(await app.prompt.locator(".details li:has(.address)").count()).toBe(40);
    const selectable = await app.prompt
      .locator(".details dd")
      .first()
      .evaluate((each) => getComputedStyle(each).userSelect);
    expect(selectable).toBe("text");
    // On the lowest screen the fold keeps at least its handle; its contents scroll.
    const fold = await app.prompt.locator(".details").evaluate((each) => [each.clientHeight, each.scrollHeight]);
    expect(fold[0]).toBeGreaterThan(20);
    expect(fold[1]).toBeGreaterThan(fold[0] as number);
  });

  test("the answer given there is the one that counts", async () => {
    await app.prompt.getByRole("button", { name: "Block" }).click();
    await waitFor(() =>
      expect(helper.asked("prompts.answer")).toEqual([
        { id: "p1", action: "block", scope: "endpoint", lifetime: "forever" },
      ]),
    );
  });

  test("in the inbox neither a long name nor many destinations push the answers away", async () => {
    helper.put("prompts", { ...aCrowdedPrompt("p2"), state: "inbox" });
    await app.main.getByRole("tab", { name: /Inbox/ }).click();
    const item = app.main.locator('.view[data-live="true"] [data-id="p2"]');
    await item.waitFor();
    expect(await item.locator(".question-place").textContent()).toContain("and 39 more");
    const group = app.main.locator(".group", { has: app.main.locator('[data-id="p2"]') });
    expect(await group.locator(".group-head").textContent()).toContain("Unverified");
    expect((await group.boundingBox())?.height).toBeLessThan(320);
    expect(await item.evaluate((each) => each.scrollWidth <= each.clientWidth)).toBe(true);
    helper.drop("prompts", "p2");
  });
});
