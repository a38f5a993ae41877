// Asks the helper what apps are called of which a view has only the paths.
import { useEffect, useMemo } from "react";
import { noteApps, useApps } from "./apps.ts";
import { bridge } from "./bridge.ts";
import { useKnown } from "./store.ts";

/** Of one question: as many as the contract takes, and far less text than a request may have. */
const most = { paths: 500, characters: 10_000 };
/** Milliseconds: an app that was just met is in the history by then. */
const later = 2000;

/**
 * Once, and once more what nobody knew. Where the helper does not know either, an app goes on being called by its file. `paths`: the same
 * array as long as there is nothing new in it, where they are many.
 */
export function useNamesOf(paths: readonly string[]): void {
  const online = useKnown((known) => known.link.state === "up");
  const wanted = useMemo(() => JSON.stringify([...new Set(paths)].sort()), [paths]);
  useEffect(() => {
    if (!online) return;
    let gone = false;
    const ask = async (): Promise<void> => {
      const { apps } = useApps.getState();
      const unknown = (JSON.parse(wanted) as string[]).filter((path) => !apps.has(path));
      for (const some of inPieces(unknown)) {
        const outcome = await bridge.call("history.apps", { paths: some });
        if (gone || !outcome.ok) return;
        noteApps(outcome.result.apps.map(({ private: _private, ...app }) => ({ ...app, via: null })));
      }
    };
    void ask();
    const timer = setTimeout(() => void ask(), later);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [online, wanted]);
}

function inPieces(paths: readonly string[]): string[][] {
  const pieces: string[][] = [];
  let characters = 0;
  for (const path of paths) {
    const piece = pieces.at(-1);
    characters += path.length;
    if (piece !== undefined && piece.length < most.paths && characters <= most.characters) piece.push(path);
    else {
      pieces.push([path]);
      characters = path.length;
    }
  }
  return pieces;
}
