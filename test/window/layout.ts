// What is wrong with a page's layout, measured by the rectangles of its texts and controls: cut off, out of reach, or drawn over one another.
import type { Page } from "playwright-core";

/**
 * One line for each fault. A text that gives way with "…" is none where its whole is told by a title; what a box scrolls to is none either.
 */
export async function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Box = { left: number; top: number; right: number; bottom: number };
    /** Pixels that rounding and the tails of letters may take. */
    const slack = 2;
    const faults = new Set<string>();
    const name = (element: Element): string => {
      const text = (element.textContent ?? "").trim().slice(0, 40);
      return `${element.tagName.toLowerCase()}.${[...element.classList].join(".")} “${text}”`;
    };
    const modal = [...document.querySelectorAll("[role=dialog], [role=alertdialog], [role=menu], [role=listbox]")].at(
      -1,
    );
    /** What is on top is looked at alone: it covers the rest on purpose. */
    const top = modal?.closest(".veil, .popover, .menu-box, [data-trigger]") ?? modal ?? document.body;
    const seen = (element: Element): boolean =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      element.closest(".hidden-words, [data-react-aria-prevent-focus], svg, .u-over, .chart-box") === null;
    const cut = (a: Box, b: Box): Box => ({
      left: Math.max(a.left, b.left),
      top: Math.max(a.top, b.top),
      right: Math.min(a.right, b.right),
      bottom: Math.min(a.bottom, b.bottom),
    });
    const empty = (box: Box): boolean => box.right - box.left < 0.5 || box.bottom - box.top < 0.5;
    const window_: Box = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };

    /** The part of a box that its ancestors let through, and which of them takes something away for good. */
    const through = (box: Box, from: Element): { left: Box; taker: Element | null } => {
      let left = box;
      for (let element: Element | null = from; element; element = element.parentElement) {
        const style = getComputedStyle(element);
        const clipsX = style.overflowX !== "visible" && element !== document.documentElement;
        const clipsY = style.overflowY !== "visible" && element !== document.documentElement;
        if (style.display === "inline" || style.display === "contents") continue;
        if (clipsX || clipsY) {
          const edge = element.getBoundingClientRect();
          const scrollsX = /auto|scroll/.test(style.overflowX);
          const scrollsY = /auto|scroll/.test(style.overflowY);
          const overX = clipsX && (left.right > edge.right + slack || left.left < edge.left - slack);
          const overY = clipsY && (left.bottom > edge.bottom + slack || left.top < edge.top - slack);
          if (overX && !scrollsX && element !== document.body) {
            const told = element.closest("[title]")?.getAttribute("title") ?? "";
            const label = element.closest("[aria-label]")?.getAttribute("aria-label") ?? "";
            // Text that is laid out as a flexible item is cut without dots.
            const dots = style.textOverflow === "ellipsis" && !/flex|grid/.test(style.display);
            const gives = dots && (told !== "" || label !== "");
            if (!gives) return { left, taker: element };
          }
          if (overY && !scrollsY && element !== document.body) return { left, taker: element };
          left = cut(left, {
            left: clipsX ? edge.left : left.left,
            right: clipsX ? edge.right : left.right,
            top: clipsY ? edge.top : left.top,
            bottom: clipsY ? edge.bottom : left.bottom,
          });
          // Scrolled out of sight: it can be scrolled back.
          if (empty(left)) return { left, taker: null };
        }
      }
      const outside =
        left.right > innerWidth + slack || left.bottom > innerHeight + slack || left.left < -slack || left.top < -slack;
      return { left, taker: outside ? document.body : null };
    };

    const shown: { box: Box; of: Element }[] = [];
    const walk = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const of = node.parentElement;
      if (!of || !(node as Text).data.trim() || !seen(of)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        if (rect.width < 1 || rect.height < 1) continue;
        const { left, taker } = through(rect, of);
        if (taker) {
          faults.add(`cut off by ${taker === document.body ? "the window" : name(taker).split(" ")[0]}: ${name(of)}`);
          continue;
        }
        if (!empty(cut(left, window_))) shown.push({ box: left, of });
      }
    }
    for (const control of top.querySelectorAll(
      "button, input, textarea, select, [role=radio], [role=switch], [role=tab]",
    )) {
      const box = control.getBoundingClientRect();
      // Radios and switches of a library are one invisible pixel beneath what is drawn.
      const hidden = control.parentElement;
      if (
        !seen(control) ||
        box.width < 4 ||
        (hidden && hidden.clientWidth <= 1 && hidden.clientHeight <= 1) ||
        control.closest("[aria-hidden=true]")
      )
        continue;
      const { taker } = through(box, control.parentElement ?? control);
      if (taker)
        faults.add(
          `out of reach, by ${taker === document.body ? "the window" : name(taker).split(" ")[0]}: ${name(control)}`,
        );
    }
    for (let a = 0; a < shown.length; a++)
      for (let b = a + 1; b < shown.length; b++) {
        const [one, other] = [shown[a], shown[b]];
        if (!one || !other || one.of === other.of) continue;
        const both = cut(one.box, other.box);
        // Lines stand close: what overlaps is more than the space between lines.
        const least = Math.min(one.box.bottom - one.box.top, other.box.bottom - other.box.top);
        if (both.right - both.left > slack && both.bottom - both.top > Math.max(slack, least * 0.35))
          faults.add(`over one another: ${name(one.of)} and ${name(other.of)}`);
      }
    return [...faults];
  });
}

/** What would move on the page: each part with a transition or an animation of its own. */
export async function motions(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const moving = [...document.querySelectorAll("body *")].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return /[1-9]/.test(transitionDuration) || animationName !== "none";
    });
    return [...new Set(moving.map(({ tagName, className }) => `moves: ${tagName.toLowerCase()}.${className}`))];
  });
}
