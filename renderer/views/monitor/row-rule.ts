// A rule that a row of the monitor suggests, and how wide it may be. Pure.
import type { Row } from "../../../contract/monitor.ts";
import type { App, Direction } from "../../../contract/words.ts";
import { appWord, plain, portAndProtocol } from "../../format.ts";
import { type Draft, emptyDraft } from "../../rule-form/draft.ts";
import type { Suggested, Width } from "../../rule-form/suggested.ts";
import { text } from "../../text.ts";

const words = text.monitor.rule;

export function appOf(row: Row): App {
  return row.kind === "flow" ? row.flow.app : row.app;
}

/** Directions that a row has connections of; one of them at least. */
function directionsOf({ figures }: Row): Direction[] {
  const all: Direction[] = ["outbound", "inbound"];
  return all.filter((each) => (each === "inbound" ? figures.inbound > 0 : figures.inbound < figures.connections));
}

const anything = { place: "any", name: "", port: "", protocol: null } as const;

/** Narrow to wide. What is anywhere is last; a connection's own port is first. */
function widthsOf(row: Row): Width[] {
  const any = (direction: Draft["direction"]) => words.scopes.any[direction === "inbound" ? "inbound" : "outbound"];
  const anywhere: Width = { id: "any", word: any, part: anything };
  if (row.kind === "app") return [anywhere];
  const domain: Width[] =
    row.domain === null
      ? []
      : [
          {
            id: "domain",
            word: () => words.scopes.domain(plain(row.domain ?? "")),
            part: { ...anything, place: "domain", name: row.domain },
          },
        ];
  if (row.kind === "domain") return [...domain, anywhere];
  const { host, address } = row.kind === "flow" ? row.flow.endpoint : row;
  const there = { ...anything, place: host === null ? ("address" as const) : ("host" as const), name: host ?? address };
  const named = host === null ? words.scopes.address(plain(address)) : words.scopes.host(plain(host));
  const wider: Width[] = [{ id: "host", word: () => named, part: there }, ...domain, anywhere];
  if (row.kind === "host") return wider;
  const { port, protocol } = row.flow.endpoint;
  const own = { ...there, port: port === 0 ? "" : `${port}`, protocol };
  return [
    { id: "endpoint", word: () => words.scopes.endpoint(portAndProtocol(row.flow.endpoint)), part: own },
    ...wider,
  ];
}

/** The narrowest that is for more than one port is the one to begin with. */
export function suggestedBy(row: Row, action: "allow" | "block"): Suggested {
  const app = appOf(row);
  const [directions, widths] = [directionsOf(row), widthsOf(row)];
  const first = widths.find(({ id }) => id !== "endpoint")?.part ?? anything;
  return {
    draft: { ...emptyDraft, action, app: app.path, direction: directions[0] ?? "outbound", ...first },
    called: appWord(app),
    directions,
    widths,
  };
}
