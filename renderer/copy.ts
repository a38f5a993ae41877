// Words into the clipboard. No page has the permission that navigator.clipboard asks for (main/window/hardening.ts); to answer a copy that a
// press began needs none.
export function copy(words: string): boolean {
  const answer = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", words);
    event.preventDefault();
  };
  document.addEventListener("copy", answer, { once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", answer);
  return done;
}
