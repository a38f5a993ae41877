// Step one: what Picket does, in three lines.
import { Heading } from "react-aria-components";
import { Arrows, Check, Question } from "../parts/icons.tsx";
import { text } from "../text.ts";

const words = text.firstRun.what;
const icons = [<Arrows key="a" />, <Question key="q" />, <Check key="c" />];

export function WhatStep() {
  return (
    <>
      <Heading slot="title">{words.title}</Heading>
      <ol className="first-run-points">
        {words.points.map(([title, body], at) => (
          <li key={title}>
            <span className="first-run-icon">{icons[at]}</span>
            <span className="mode-words">
              <strong>{title}</strong>
              <span className="hint">{body}</span>
            </span>
          </li>
        ))}
      </ol>
      <p className="hint">{words.foot}</p>
    </>
  );
}
