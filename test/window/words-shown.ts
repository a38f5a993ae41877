// Every text of a page that somebody can see, hear or hover over.
import type { Page } from "playwright-core";

export async function wordsShown(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const texts: string[] = [document.title];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (node instanceof Text) {
        if (!node.parentElement?.closest("script, style")) texts.push(node.data);
        continue;
      }
      const element = node as Element;
      for (const name of [
        "aria-label",
        "aria-description",
        "aria-roledescription",
        "aria-valuetext",
        "title",
        "placeholder",
        "alt",
      ]) {
        const value = element.getAttribute(name);
        if (value !== null) texts.push(value);
      }
    }
    return texts.map((text) => text.trim()).filter((text) => text !== "");
  });
}
