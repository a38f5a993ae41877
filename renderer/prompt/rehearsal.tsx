// A card for nobody, made once while nothing is asked: the first one that counts then finds its code compiled, which halves the time until
// it is on the screen. It is never in the document, takes no focus and no key, and tells the shell nothing.
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import type { Prompt } from "../../contract/words.ts";
import { Card } from "./card.tsx";

/** When the page has nothing else to do, milliseconds after its start. */
const calm = 1500;

const nobody = { name: "", path: "/", verified: true, icon: null, via: null } as const;
const nowhere = {
  host: "example.org",
  domain: "example.org",
  address: "192.0.2.1",
  port: 443,
  protocol: "tcp",
} as const;
const question: Prompt = {
  id: "",
  app: nobody,
  direction: "outbound",
  endpoint: nowhere,
  endpoints: [nowhere],
  domain: "example.org",
  attempts: 1,
  state: "held",
  opened: "2026-01-01T00:00:00.000Z",
  process: { pid: 1, uid: 0, command: "" },
};

/** `isFree`: whether no card is there, for whoever comes meanwhile goes first. */
export function rehearse(isFree: () => boolean): void {
  setTimeout(() => {
    if (!isFree()) return;
    const root = createRoot(document.createElement("div"));
    const nothing = (): void => {};
    flushSync(() =>
      root.render(<Card prompt={question} siblings={0} shown={0} queue={1} later={nothing} hide={nothing} />),
    );
    root.unmount();
  }, calm);
}
