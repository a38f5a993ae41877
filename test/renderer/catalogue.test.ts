// Whatever the windows say comes out of the catalogue: no text stands in a component, and no number or day is written in a fixed language.
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";
import { root } from "../../build/paths.ts";

type Node = { type: string; start: number; [key: string]: unknown };

/** Attributes that are read by somebody. */
const said =
  /^(aria-(label|description|roledescription|valuetext|placeholder)|title|alt|placeholder|label|hint|errorMessage|textValue|description)$/;
/** A letter of any script: signs such as "→" and "·" are nobody's language. */
const letter = /\p{L}/u;

/** Texts of a component that somebody would see or hear, with their lines. */
function literalTexts(source: string): string[] {
  const found: string[] = [];
  const note = (node: Node, text: string): void => {
    if (letter.test(text)) found.push(`${source.slice(0, node.start).split("\n").length}: ${text.trim()}`);
  };
  /** An expression whose value is shown: what it may come to. */
  const shown = (node: Node): void => {
    switch (node.type) {
      case "Literal":
        if (typeof node.value === "string") note(node, node.value);
        return;
      case "TemplateLiteral":
        for (const part of node.quasis as (Node & { value: { raw: string } })[]) note(part, part.value.raw);
        return;
      case "ConditionalExpression":
        shown(node.consequent as Node);
        shown(node.alternate as Node);
        return;
      case "LogicalExpression":
        shown(node.left as Node);
        shown(node.right as Node);
        return;
      case "BinaryExpression":
        if (node.operator === "+") for (const side of [node.left, node.right]) shown(side as Node);
        return;
    }
  };
  const visit = (node: Node): void => {
    if (node.type === "JSXText") note(node, node.value as string);
    if (node.type === "JSXElement" || node.type === "JSXFragment")
      for (const child of node.children as Node[])
        if (child.type === "JSXExpressionContainer") shown(child.expression as Node);
    if (node.type === "JSXAttribute" && said.test(String((node.name as Node).name))) {
      const value = node.value as Node | null;
      if (value !== null) shown(value.type === "JSXExpressionContainer" ? (value.expression as Node) : value);
    }
    if (node.type === "AssignmentExpression" && source.slice(...spanOf(node.left as Node)) === "document.title")
      shown(node.right as Node);
    for (const inner of Object.values(node)) {
      for (const each of Array.isArray(inner) ? inner : [inner])
        if (typeof each === "object" && each !== null && "type" in each) visit(each as Node);
    }
  };
  visit(parseSync("component.tsx", source).program as unknown as Node);
  return found;
}

const spanOf = (node: Node): [number, number] => [node.start, node.end as number];

/** Intl and its relatives with a language of their own, or with the browser's. */
function fixedLanguages(source: string): string[] {
  return (
    source.match(
      /(Intl\.(DateTimeFormat|NumberFormat|DisplayNames|PluralRules|ListFormat|RelativeTimeFormat|Collator)\(("|undefined)[^)]*)|(toLocale\w*String\((\)|"|undefined))/g,
    ) ?? []
  );
}

const files = globSync("renderer/**/*.{ts,tsx}", { cwd: root })
  .filter((file) => !file.startsWith("renderer/text/"))
  .sort();

/** What Electron shows by itself: menus, windows, notifications. */
function shellTexts(source: string): string[] {
  return source.match(/\b(label|title|toolTip|description|message|detail|buttons): ?\[?"\p{L}[^"]*"/gu) ?? [];
}

describe("the shell", () => {
  const shell = globSync("main/window/**/*.ts", { cwd: root }).filter((file) => !file.startsWith("main/window/text/"));

  test.each(shell.sort())("has its texts from its own catalogue: %s", (file) => {
    expect(shellTexts(readFileSync(join(root, file), "utf8"))).toEqual([]);
  });

  test("this is noticed", () => {
    expect(shellTexts('{ label: "Quit", click }')).toEqual(['label: "Quit"']);
  });
});

describe("the catalogue", () => {
  test.each(files)("has every text of %s", (file) => {
    const source = readFileSync(join(root, file), "utf8");
    expect(literalTexts(source), relative(root, file)).toEqual([]);
    expect(fixedLanguages(source)).toEqual([]);
  });

  test("this is noticed: texts in elements, attributes, choices, templates and titles", () => {
    const hidden = [
      "const a = <p>Hello</p>;",
      'const b = <input aria-label="Search" className="search" />;',
      'const c = <p>{on ? "On" : words.off}</p>;',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a component
      "const d = <i title={`${n} rules`}>{n > 1 && ` of ${n}`}</i>;",
      'document.title = "Picket asks";',
      'const e = <p className="a b" data-kind="word">→ {text.word} · {"…"}</p>;',
    ].join("\n");
    expect(literalTexts(hidden)).toEqual(["1: Hello", "2: Search", "3: On", "4: of", "4: rules", "5: Picket asks"]);
    expect(
      fixedLanguages('new Intl.NumberFormat("en", {}); n.toLocaleString(); n.toLocaleString(language)'),
    ).toHaveLength(2);
  });
});
