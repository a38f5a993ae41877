// A sentence of the catalogue with parts that stand out: what is in braces is replaced. Each part is a piece of text of its own, so that a
// name written from right to left leaves the rest of the sentence where it is.
import type { ReactNode } from "react";

export function Rich({ text, parts }: { text: string; parts: Record<string, ReactNode> }) {
  return text.split(/(\{\w+\})/).map((piece, at) => {
    const name = /^\{(\w+)\}$/.exec(piece)?.[1];
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one sentence keep their order
    return <span key={at}>{name === undefined ? piece : parts[name]}</span>;
  });
}
