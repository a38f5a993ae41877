// An exception to blocklists is about what they have, and about nothing else of the flow.
import { expect, it } from "vitest";
import type { Endpoint } from "../../../contract/words.ts";
import { exceptionTo } from "../../../helper/policy/exception.ts";
import { type ListEntry, listNumbers, noLists } from "../../../helper/policy/lists.ts";

const entry = (name: string): ListEntry => ({
  list: "ads",
  number: listNumbers,
  destination: { kind: "domain", name },
});
const lists = {
  ...noLists,
  name: (name: string) => (name.endsWith("ads.test") ? entry("ads.test") : null),
  covering: ({ hex }: { hex: string }) => (hex.endsWith("c6336407") ? entry("198.51.100.7") : null),
};
const name = (name: string, trusted = true) => ({ name, source: "query", trusted }) as const;
const endpoint: Endpoint = { host: null, address: "198.51.100.1", port: 443, protocol: "tcp" };

it.each<[string, Partial<Endpoint>, object[]]>([
  ["nothing", { host: "fine.test", names: [name("fine.test")] }, []],
  ["its host", { host: "x.ads.test" }, [{ host: "x.ads.test", address: null }]],
  [
    "an alias of its host",
    { host: "fine.test", names: [name("fine.test"), name("x.ads.test", false)] },
    [{ host: "x.ads.test", address: null }],
  ],
  ["its address", { address: "198.51.100.7" }, [{ host: null, address: "198.51.100.7" }]],
  [
    "both",
    { address: "198.51.100.7", host: "ads.test", names: [name("ads.test")] },
    [
      { host: "ads.test", address: null },
      { host: null, address: "198.51.100.7" },
    ],
  ],
])("of a flow of which %s is listed", (_, part, expected) => {
  expect(exceptionTo({ ...endpoint, ...part }, lists)).toEqual(expected);
});
