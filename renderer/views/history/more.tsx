// What can be done with the history that is shown: saved, deleted, an app hidden from it, and what is kept at all.
import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import { bridge } from "../../bridge.ts";
import { isIdentified } from "../../format.ts";
import { Bin, Dots, Download, Hidden, Lines } from "../../parts/icons.tsx";
import { text } from "../../text.ts";
import { ForgetDialog } from "./forget.tsx";
import { HideDialog } from "./hide.tsx";
import { KeepingDialog } from "./keeping.tsx";
import type { Look } from "./look.ts";
import { type Answer, rowsOf } from "./use-history.ts";
import { rowName } from "./words.ts";

const words = text.history.more;

/** What became of it, for the line above the chart. */
export type Said = { text: string; code?: ErrorCode };

/** An app that is looked at alone. */
export type TheApp = { path: string; name: string };

function theAppIn({ trail }: Look): TheApp | null {
  const step = trail.find(({ by }) => by === "app");
  const path = step?.row.key ?? null;
  return step === undefined || path === null || !isIdentified(path) ? null : { path, name: rowName("app", step.row) };
}

type Props = { answer: Answer; say: (said: Said) => void; again: () => void };

export function More({ answer, say, again }: Props) {
  const [open, setOpen] = useState<"forget" | "hide" | "keeping" | null>(null);
  const app = theAppIn(answer.look);
  const hidden = app !== null && answer.settings.private.includes(app.path);
  const close = (): void => setOpen(null);
  const done = (said: Said): void => {
    close();
    say(said);
    again();
  };

  const save = async (format: "csv" | "json"): Promise<void> => {
    const saved = await bridge.saveHistory({ format, query: rowsOf(answer.look), title: words.saveTitle });
    if (!saved.ok) say({ text: saved.message, code: saved.code });
    else if (saved.saved) say({ text: words.saved });
  };
  const unhide = async ({ path, name }: TheApp): Promise<void> => {
    const outcome = await bridge.call("history.setPrivate", { app: path, private: false });
    done(outcome.ok ? { text: text.history.hide.undone(name) } : { text: outcome.message, code: outcome.code });
  };
  const act = (key: string): void => {
    if (key === "csv" || key === "json") void save(key);
    else if (key === "unhide" && app !== null) void unhide(app);
    else setOpen(key as "forget" | "hide" | "keeping");
  };

  return (
    <>
      <MenuTrigger>
        <Button className="button more-button" aria-label={words.label}>
          <Dots />
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu className="menu" aria-label={words.label} onAction={(key) => act(String(key))}>
            <MenuItem id="csv" className="menu-item" textValue={words.save.csv}>
              <Download /> {words.save.csv}
            </MenuItem>
            <MenuItem id="json" className="menu-item" textValue={words.save.json}>
              <Download /> {words.save.json}
            </MenuItem>
            {app !== null && (
              <MenuItem
                id={hidden ? "unhide" : "hide"}
                className="menu-item"
                textValue={hidden ? words.public(app.name) : words.private(app.name)}
              >
                <Hidden /> {hidden ? words.public(app.name) : words.private(app.name)}
              </MenuItem>
            )}
            <MenuItem id="forget" className="menu-item" textValue={words.forget}>
              <Bin /> {words.forget}
            </MenuItem>
            <MenuItem id="keeping" className="menu-item" textValue={words.keeping}>
              <Lines /> {words.keeping}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {open === "forget" && <ForgetDialog app={app} shown={answer} close={close} done={done} />}
      {open === "hide" && app !== null && <HideDialog app={app} close={close} done={done} />}
      {open === "keeping" && (
        <KeepingDialog
          close={() => {
            close();
            again();
          }}
        />
      )}
    </>
  );
}
