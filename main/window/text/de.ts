// German. As in renderer/text/de: »du«, and no word for word translation.
import type { ShellText } from "./shell-text.ts";

export const de: ShellText = {
  product: "Picket",
  promptWindow: "Picket fragt",
  open: "Picket öffnen",
  questions: "Wartende Fragen zeigen",
  quit: "Beenden",
  shortcut: "Wartende Frage von Picket zeigen",
};
