// English, whose shape every other language has to have.
export const en = {
  product: "Picket",
  promptWindow: "Picket asks",
  open: "Open Picket",
  questions: "Show waiting questions",
  quit: "Quit",
  shortcut: "Show Picket’s waiting question",
};
