// Asks nothing about an app for a while: its connections keep waiting, its questions stay in the inbox.
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { App } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { appWord } from "../format.ts";
import { text } from "../text.ts";

const words = text.prompt.snooze;

type Props = { app: App; isDisabled: boolean; isOpen: boolean; setOpen: (open: boolean) => void; kbd?: string };

export function Snooze({ app, isDisabled, isOpen, setOpen, kbd }: Props) {
  return (
    <MenuTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button className="button button-quiet" aria-keyshortcuts={kbd && "Alt+S"} isDisabled={isDisabled}>
        {words.open}
        {kbd && <kbd>{kbd}</kbd>}
      </Button>
      <Popover className="menu-box" placement="top">
        <p className="hint">{words.label(appWord(app))}</p>
        <Menu
          className="menu"
          // By its key nothing else would bring the focus in.
          autoFocus="first"
          aria-label={words.label(appWord(app))}
          onAction={(key) => void bridge.shell({ do: "snooze", app: app.path, minutes: Number(key) })}
        >
          {Object.entries(words.lengths).map(([minutes, word]) => (
            <MenuItem key={minutes} id={minutes} className="menu-item">
              {word}
            </MenuItem>
          ))}
        </Menu>
        <p className="hint">{words.why}</p>
      </Popover>
    </MenuTrigger>
  );
}
