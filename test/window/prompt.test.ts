// The prompt window against a scripted helper: when it appears, what it may do to an answer, and what it must never do.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { anEndpoint, aPrompt, curl, firefox, python, thunderbird } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const visible = (is: boolean) => waitFor(async () => expect(await app.promptIsVisible()).toBe(is));
const answers = () => helper.asked("prompts.answer");
const card = () => app.prompt.locator(".card");
const button = (name: string) => app.prompt.getByRole("button", { name });

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});
afterEach(async () => {
  helper.called.length = 0;
  helper.refuseWith = null;
  helper.drop("prompts", "p1", "p2", "p3");
  // The way back from an answer would stay for its ten seconds.
  await app.prompt.locator(".card").waitFor({ state: "detached" });
  await app.prompt.keyboard.press("Escape");
  await visible(false);
});

const first = aPrompt("p1", curl, anEndpoint("192.0.2.7"), { opened: "2026-11-23T09:00:01.000Z" });
const second = aPrompt("p2", firefox, anEndpoint("192.0.2.8"), { opened: "2026-11-23T09:00:02.000Z" });
const third = aPrompt("p3", thunderbird, anEndpoint("2001:db8::9", 993), { opened: "2026-11-23T09:00:03.000Z" });

describe("the prompt window", () => {
  test("is made but hidden while nothing is asked", async () => {
    expect(await app.promptIsVisible()).toBe(false);
  });

  test("opens by itself, on top, at the right edge, without taking the focus, and goes when the question is gone", async () => {
    helper.put("prompts", first);
    await visible(true);
    const window = await app.electron.browserWindow(app.prompt);
    const seen = await window.evaluate((prompt) => {
      return { bounds: prompt.getBounds(), onTop: prompt.isAlwaysOnTop(), focused: prompt.isFocused() };
    });
    const area = await app.electron.evaluate(({ screen }) => screen.getPrimaryDisplay().workArea);
    expect(seen.onTop).toBe(true);
    expect(seen.focused).toBe(false);
    expect(seen.bounds.x + seen.bounds.width).toBeLessThanOrEqual(area.x + area.width);
    expect(seen.bounds.x).toBeGreaterThan(area.x + area.width / 2);
    helper.drop("prompts", "p1");
    await visible(false);
  });

  test("reads from the caller to the program where somebody else begins", async () => {
    helper.put("prompts", aPrompt("p3", python, anEndpoint("192.0.2.7", 3000), { direction: "inbound" }));
    await app.liveCard("p3");
    const text = await app.prompt.locator(".question").textContent();
    expect(text).toMatch(/^192\.0\.2\.7 wants to reach serve\.py \(python3\.11\)on its port 3000 \(TCP\)/);
    expect(await app.prompt.locator(".preview").textContent()).toContain(
      "Always, for 192.0.2.7 and serve.py (python3.11) on its port 3000 (TCP).",
    );
    await app.prompt.getByText("Everybody who calls serve.py").click();
    await button("Allow").click();
    await waitFor(() => expect(answers()).toEqual([{ id: "p3", action: "allow", scope: "any", lifetime: "forever" }]));
  });

  test("shows an unverified program by its path, its destination, every joined address and the attempts", async () => {
    const endpoints = [first.endpoint, anEndpoint("2001:db8::7"), anEndpoint("192.0.2.7", 443, { protocol: "udp" })];
    helper.put("prompts", { ...first, app: { ...curl, name: curl.path, verified: false }, endpoints, attempts: 4 });
    await app.liveCard("p1");
    await app.prompt.keyboard.press("Alt+KeyD");
    await app.prompt.locator(".details[open]").waitFor();
    const text = await card().textContent();
    for (const part of [
      "curl wants to reach 192.0.2.7",
      "and 2 more",
      "/usr/bin/",
      "Unverified",
      "192.0.2.7",
      "port 443 (TCP)",
      "2001:db8::7",
      "(UDP)",
      "3 more attempts",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("These 3 destinations");
  });

  test("strips what could make a name pose as another", async () => {
    helper.put("prompts", { ...first, app: { ...firefox, name: "Fire\u202efox\u0007" } });
    await app.liveCard("p1");
    expect(await app.prompt.locator("h1").textContent()).toBe("Fire\ufffdfox\ufffd wants to reach 192.0.2.7");
  });

  test.each(["content", "version"] as const)(
    "says that the program is not the one that was allowed (%s)",
    async (kind) => {
      const own = {
        ...curl,
        verified: false,
        path: "/opt/curl-*/bin/curl",
        file: "/opt/curl-8.5.0/bin/curl",
        package: null,
      };
      helper.put("prompts", { ...first, app: own, changed: { kind, since: "2026-11-20T09:00:00.000Z" } });
      await app.liveCard("p1");
      const said = { content: "This program has changed since you allowed it", version: "a new version of a program" };
      await app.prompt.keyboard.press("Alt+KeyD");
      await app.prompt.locator(".details dl").waitFor();
      const text = await card().textContent();
      for (const part of [said[kind], "all you have allowed it before holds again", "/opt/curl-8.5.0/bin/curl"])
        expect(text).toContain(part);
      // The window grows with the fold, a moment later.
      for (const name of ["Allow", "Block"])
        await waitFor(async () =>
          expect(
            await button(name).evaluate((at) => window.innerHeight - at.getBoundingClientRect().bottom),
          ).toBeGreaterThan(0),
        );
      await button("Allow").click();
      await waitFor(() => expect(answers()).toHaveLength(1));
    },
  );

  test("answers with endpoint and for good when nothing else is chosen", async () => {
    helper.put("prompts", first);
    await app.liveCard("p1");
    await button("Allow").click();
    await waitFor(() =>
      expect(answers()).toEqual([{ id: "p1", action: "allow", scope: "endpoint", lifetime: "forever" }]),
    );
    await visible(false);
  });

  test("answers with the scope and lifetime that were chosen, and says beforehand what that means", async () => {
    helper.put("prompts", first);
    await app.liveCard("p1");
    await app.prompt.getByText("Everything curl connects to").click();
    await app.prompt.getByText("This time").click();
    await waitFor(async () =>
      expect(await app.prompt.locator(".preview").textContent()).toContain("Next time you are asked again"),
    );
    await button("Block").hover();
    await waitFor(async () =>
      expect(await app.prompt.locator(".preview").textContent()).toBe(
        "Just once, block everything curl is waiting for right now. Next time you are asked again.",
      ),
    );
    await button("Block").click();
    await waitFor(() => expect(answers()).toEqual([{ id: "p1", action: "block", scope: "any", lifetime: "once" }]));
  });

  test("says before any button is touched how far both reach, that blocklists still apply, and then what each would do", async () => {
    const named = { ...anEndpoint("192.0.2.7"), host: "www.example.org" };
    helper.put("prompts", aPrompt("p1", curl, named, { domain: "example.org" }));
    await app.liveCard("p1");
    const says = (sentence: string) =>
      waitFor(async () => expect(await app.prompt.locator(".preview").textContent()).toBe(sentence));
    await says("Always, for curl and any host of example.org. Blocklists still apply if you allow.");
    const box = await button("Block").boundingBox();
    await button("Allow").hover();
    await says("Always allow curl to reach any host of example.org. Blocklists still apply.");
    await button("Block").hover();
    await says("Always block curl from reaching any host of example.org.");
    expect(await button("Block").boundingBox()).toEqual(box);
    await app.prompt.getByText("1 hour").click();
    await says("For curl and any host of example.org, for 1 hour. Blocklists still apply if you allow.");
    await app.prompt.getByText("Everything curl connects to").click();
    await says("For everything curl connects to, for 1 hour. Blocklists and narrower rules still come first.");
    await app.prompt.getByText("Only www.example.org, every port").click();
    await says("For curl and every port of www.example.org, for 1 hour.");
  });

  test("can be used by keyboard alone, where Enter and Space answer nothing by themselves", async () => {
    helper.put("prompts", first);
    await app.liveCard("p1");
    await app.prompt.keyboard.press("Enter");
    await app.prompt.keyboard.press("Space");
    await app.prompt.getByRole("radio", { name: "Only 192.0.2.7, port 443 (TCP)" }).focus();
    await app.prompt.keyboard.press("ArrowRight");
    await waitFor(async () =>
      expect(await app.prompt.getByRole("radio", { name: "Everything curl connects to" }).isChecked()).toBe(true),
    );
    expect(answers()).toEqual([]);
    await app.prompt.keyboard.press("Alt+KeyB");
    await waitFor(() => expect(answers()).toEqual([{ id: "p1", action: "block", scope: "any", lifetime: "forever" }]));
  });

  test("counts the queue; arrivals neither replace nor move the card in use", async () => {
    helper.put("prompts", second);
    await app.liveCard("p2");
    const before = await card().boundingBox();
    helper.put("prompts", first, third);
    await waitFor(async () => expect(await app.prompt.locator(".queue").textContent()).toBe("1 of 3"));
    expect(await card().getAttribute("data-id")).toBe("p2");
    expect(await card().boundingBox()).toEqual(before);
    await app.liveCard("p2");
    await button("Allow").click();
    await app.liveCard("p1");
    expect(await app.prompt.locator(".queue").textContent()).toBe("1 of 2");
    expect(answers()).toHaveLength(1);
  });

  test("closing writes nothing, keeps the question, and the main window brings it back", async () => {
    helper.put("prompts", first, second);
    await app.liveCard("p1");
    const window = await app.electron.browserWindow(app.prompt);
    await window.evaluate((prompt) => prompt.close());
    await visible(false);
    await app.main.getByRole("tab", { name: /Inbox/ }).click();
    await waitFor(async () => expect(await app.main.locator(".question-row").count()).toBe(2));
    // The inbox says what waits by itself; elsewhere the side bar does.
    expect(await app.main.locator(".notice").count()).toBe(0);
    await app.main.getByRole("tab", { name: "Monitor" }).click();
    await app.main.locator(".notice").getByRole("button", { name: "Show the question" }).click();
    await visible(true);
    await app.liveCard("p1");
    await app.prompt.keyboard.press("Escape");
    await app.liveCard("p2");
    await button("Hide all questions").click();
    await visible(false);
    expect(answers()).toEqual([]);
  });

  test("a question that arrives after closing opens it again, with the new one on top", async () => {
    helper.put("prompts", first);
    await app.liveCard("p1");
    await button("Hide all questions").click();
    await visible(false);
    helper.put("prompts", second);
    await visible(true);
    await app.liveCard("p2");
  });

  test("says when the attempt is over, offers no `once` any more, and an answer still counts", async () => {
    helper.put("prompts", first);
    await app.liveCard("p1");
    await app.prompt.getByText("This time").click();
    helper.put("prompts", { ...first, state: "inbox" });
    await app.prompt.getByText("The attempt is over").waitFor();
    expect(await app.prompt.getByRole("radio", { name: "This time" }).isDisabled()).toBe(true);
    await app.liveCard("p1");
    await button("Allow").click();
    await waitFor(() =>
      expect(answers()).toEqual([{ id: "p1", action: "allow", scope: "endpoint", lifetime: "forever" }]),
    );
  });

  test("offers no rule for an app that nobody could tell again, and says what is known of it", async () => {
    const path = "[/opt/tool/x\u202e (inside a sandbox)]";
    helper.put("prompts", { ...first, app: { ...curl, verified: false, name: path, path } });
    await app.liveCard("p1");
    expect(await app.prompt.locator("h1").textContent()).toBe("A program nobody can identify wants to reach 192.0.2.7");
    const said = await app.prompt.locator(".whereabouts").textContent();
    expect(said).toContain("It runs in a sandbox, from what is called /opt/tool/x\ufffd there.");
    expect(await app.prompt.locator(".preview").textContent()).toContain("what this program is waiting for");
    expect(await app.prompt.getByRole("radio", { name: "For good" }).isDisabled()).toBe(true);
    await button("Block").click();
    await waitFor(() =>
      expect(answers()).toEqual([{ id: "p1", action: "block", scope: "endpoint", lifetime: "once" }]),
    );
  });

  test("lets nobody answer for such an app once its attempt is over", async () => {
    helper.put("prompts", { ...first, app: { ...curl, verified: false, name: "[curl]", path: "[curl]" } });
    await app.liveCard("p1");
    expect(await app.prompt.locator(".whereabouts").textContent()).toContain("It calls itself “curl”.");
    helper.put("prompts", {
      ...first,
      app: { ...curl, verified: false, name: "[curl]", path: "[curl]" },
      state: "inbox",
    });
    await app.prompt.getByText("there is nothing left to answer").waitFor();
    await app.liveCard("p1");
    expect(await button("Allow").isDisabled()).toBe(true);
    await app.prompt.keyboard.press("Alt+KeyA");
    await app.prompt.keyboard.press("Escape");
    await visible(false);
    expect(answers()).toEqual([]);
  });

  test("strips what could reorder or break the text wherever a path or a command is shown", async () => {
    const path = "/home/alice/\u202egpj.exe\n\u2028tool";
    helper.put("prompts", {
      ...first,
      app: { ...curl, verified: false, name: path, path },
      process: { pid: 9, uid: 0, command: `${path} \u2066--all\u0007` },
    });
    await app.liveCard("p1");
    await app.prompt.getByText("Details").click();
    const shown = await card().evaluate((element) => {
      const titles = [...element.querySelectorAll("[title]")].map((each) => each.getAttribute("title"));
      return [element.textContent, ...titles].join("");
    });
    expect(shown).toContain("/home/alice/\ufffdgpj.exe\ufffd\ufffdtool");
    expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test("tells a refused answer in words and stays", async () => {
    helper.refuseWith = "not_permitted";
    helper.put("prompts", first);
    await app.liveCard("p1");
    await button("Allow").click();
    const said = app.prompt.getByText(/That needs the consent of an administrator/);
    await said.waitFor();
    expect(await app.promptIsVisible()).toBe(true);
    // It is of that answer, and of no other that may be chosen next.
    await app.prompt.getByRole("radio", { name: "This time" }).click({ force: true });
    await said.waitFor({ state: "detached" });
  });
});

describe("an answer to a card that has grown meanwhile", () => {
  test("is refused, and counts once what joined it was shown", async () => {
    helper.put("prompts", first);
    await app.liveCard("p1");
    const grown = { ...first, endpoints: [...first.endpoints, anEndpoint("192.0.2.66")] };
    helper.grow(grown);
    await button("Allow").click();
    await card().getByText("asked for more just now").waitFor();
    helper.put("prompts", grown);
    await card().getByText("and 1 more").first().waitFor();
    await app.liveCard("p1");
    await button("Allow").click();
    await waitFor(() => expect(answers()).toHaveLength(2));
    await card().waitFor({ state: "detached" });
  });
});

describe("the dead time", () => {
  test.each([
    ["appears", () => helper.put("prompts", second)],
    ["changes", () => helper.put("prompts", { ...second, endpoints: [second.endpoint, anEndpoint("2001:db8::8")] })],
    ["gets the focus", () => app.prompt.evaluate(() => void window.dispatchEvent(new Event("focus")))],
  ])("keys and pointer answer nothing from the moment a card %s until its 500 ms are over", async (what, happen) => {
    const pressed = async (): Promise<number[]> => {
      if (what !== "appears") {
        helper.put("prompts", second);
        await app.liveCard("p2");
      }
      await pressAllAlong(what === "gets the focus" ? "focus" : "dead");
      await happen();
      const ages = await presses();
      expect(answers()).toEqual([]);
      return ages;
    };
    // The positive control: there were presses soon and late. A busy machine may have had no moment for them.
    const soonAndLate = (ages: number[]) => ages.some((age) => age < 150) && ages.some((age) => age > 350);
    let ages = await pressed();
    for (let tries = 1; tries < 5 && !soonAndLate(ages); tries++) {
      helper.drop("prompts", "p2");
      await card().waitFor({ state: "detached" });
      ages = await pressed();
    }
    expect(ages).toSatisfy(soonAndLate);
    // And another: the same presses answer a card that is not dead.
    await app.liveCard("p2");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(answers()).toEqual([]);
    await app.prompt.evaluate(() => (window as unknown as Presser).press());
    await waitFor(() => expect(answers()).not.toEqual([]));
    // By pointer, click and key in one instant, and yet one answer.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(answers()).toHaveLength(1);
  });

  test("the press that brings the focus counts, as on X11 the window has none before", async () => {
    helper.put("prompts", second);
    await app.liveCard("p2");
    await app.prompt.evaluate(() => {
      const button = document.querySelector(".button-allow") as HTMLElement;
      const about = { bubbles: true, cancelable: true, button: 0, detail: 1 };
      const begun = [new PointerEvent("pointerdown", about), new MouseEvent("mousedown", about)];
      setTimeout(() => {
        // The focus is told before, or in the midst of it.
        window.dispatchEvent(new Event("focus"));
        for (const event of begun) button.dispatchEvent(event);
        window.dispatchEvent(new Event("focus"));
        for (const event of [new PointerEvent("pointerup", about), new MouseEvent("mouseup", about)])
          button.dispatchEvent(event);
        button.dispatchEvent(new PointerEvent("click", about));
      }, 20);
    });
    await waitFor(() => expect(answers()).toHaveLength(1));
  });

  test("a press begun on the card before does not end on the next one", async () => {
    helper.put("prompts", first, second);
    await app.liveCard("p1");
    const box = await button("Allow").boundingBox();
    await app.prompt.mouse.move(box!.x + 20, box!.y + 20);
    await app.prompt.mouse.down();
    helper.drop("prompts", "p1");
    await app.liveCard("p2");
    await app.prompt.mouse.up();
    // An answer would have travelled by the time this later one has.
    await button("Block").click();
    await waitFor(() => expect(answers()).toHaveLength(1));
    expect(answers()).toMatchObject([{ id: "p2", action: "block" }]);
  });
});

type Presser = { press: () => void; ages: number[]; over: boolean };

/**
 * Every way to answer, tried from inside the page every 20 ms: from when the card turns dead, or from when the focus came, until shortly before
 * the dead time must be over by this count.
 */
async function pressAllAlong(from: "dead" | "focus"): Promise<void> {
  await app.prompt.evaluate((from) => {
    const press = (): void => {
      const button = document.querySelector<HTMLButtonElement>(".card .button-allow");
      // Even a button that looks alive must not answer: the guard alone stands between.
      button?.removeAttribute("disabled");
      for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
        const Kind = type.startsWith("pointer") ? PointerEvent : MouseEvent;
        button?.dispatchEvent(new Kind(type, { bubbles: true, cancelable: true, button: 0, detail: 1 }));
      }
      button?.click();
      for (const type of ["keydown", "keyup"]) {
        const key = { key: "a", code: "KeyA", altKey: true, bubbles: true, cancelable: true };
        window.dispatchEvent(new KeyboardEvent(type, key));
      }
    };
    const presser: Presser = Object.assign(window, { press, ages: [], over: false });
    const begin = (): void => {
      watch.disconnect();
      window.removeEventListener("focus", begin);
      const begun = performance.now();
      const timer = setInterval(() => {
        const age = performance.now() - begun;
        if (age < 485) {
          press();
          presser.ages.push(age);
        } else {
          clearInterval(timer);
          presser.over = true;
        }
      }, 20);
    };
    const watch = new MutationObserver(() => {
      if (document.querySelector('.card[data-live="false"]')) begin();
    });
    if (from === "focus") window.addEventListener("focus", begin);
    else watch.observe(document.body, { attributes: true, childList: true, subtree: true });
  }, from);
}

/** How old the card or its focus was at each press, ms, once they are over. */
async function presses(): Promise<number[]> {
  await app.prompt.waitForFunction(() => (window as unknown as Presser).over);
  return app.prompt.evaluate(() => (window as unknown as Presser).ages);
}
