// An app's face and name: its icon where root vouches for it, else a letter or a sign. A name that cannot be trusted is never shown as one:
// its file's stands in its place, marked, with the path.
import { useState } from "react";
import { splitAppPath } from "../../contract/app-path.ts";
import type { App } from "../../contract/words.ts";
import {
  appWord,
  baseName,
  elided,
  fileName,
  isIdentified,
  nameLimit,
  pathText,
  plain,
  whatIsKnown,
} from "../format.ts";
import { text } from "../text.ts";
import { Chip } from "./icons.tsx";

const hues = 6;
/** CSS pixels of the icon in its face. */
const iconSize = { small: 28, large: 44 };

export function AppFace({ app, size = "small" }: { app: App; size?: "small" | "large" }) {
  if (!app.verified) {
    return (
      <span className={`face face-${size} face-unverified`} aria-hidden="true">
        <Chip size={size === "large" ? 26 : 18} />
      </span>
    );
  }
  const name = plain(app.name);
  const hue = [...app.path].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7) % hues;
  return (
    <span className={`face face-${size} face-${hue}`} aria-hidden="true">
      {name.slice(0, 1).toUpperCase()}
      {app.icon !== null && <AppIcon key={app.icon} icon={app.icon} pixels={iconSize[size]} />}
    </span>
  );
}

/** Icons that were there before are there at once when another row shows them: no letter flashes up. */
const known = new Set<string>();

/** Lies over the letter once it is there. The helper names an icon only for apps that root vouches for. */
function AppIcon({ icon, pixels }: { icon: string; pixels: number }) {
  const [state, setState] = useState<"coming" | "there" | "missing">(known.has(icon) ? "there" : "coming");
  if (state === "missing") return null;
  const wanted = Math.ceil(pixels * window.devicePixelRatio);
  return (
    <img
      className="face-icon"
      src={`/icon/${encodeURIComponent(icon)}?pixels=${wanted}`}
      width={pixels}
      height={pixels}
      alt=""
      draggable={false}
      data-state={state}
      onLoad={() => {
        known.add(icon);
        setState("there");
      }}
      onError={() => setState("missing")}
    />
  );
}

/** The path with its file name standing out. Neither part can grow so long that it pushes something else out of view. */
export function PathName({ app }: { app: App }) {
  const { executable, script } = splitAppPath(app.path);
  const path = script ?? executable;
  const cut = path.lastIndexOf("/") + 1;
  return (
    <bdi className="path">
      <span className="path-folder">{elided(plain(path.slice(0, cut)), nameLimit)}</span>
      <span className="path-file">{elided(plain(path.slice(cut)), nameLimit)}</span>
      {script !== null && <span className="path-folder"> ({baseName(executable)})</span>}
    </bdi>
  );
}

/** In a row there is little room: a script is the app, its interpreter stands in the second line. */
export function appName(app: App): string {
  if (!app.verified && !isIdentified(app.path)) return text.unidentified.title;
  const { script } = splitAppPath(app.path);
  return script === null || app.verified ? appWord(app) : plain(fileName(script));
}

/** The row's second line: where the program is, or what is known of it. */
export function appLine(app: Pick<App, "path" | "verified">): string {
  return app.verified || isIdentified(app.path) ? pathText(app.path) : whatIsKnown(app.path);
}

/** The row's first line. */
export function AppTitle({ app }: { app: App }) {
  return (
    <>
      <bdi className="line app-name">{appName(app)}</bdi>
      <Unverified app={app} />
    </>
  );
}

/** Where Picket cannot vouch for the name. An app nobody can identify says so in place of a name. */
export function Unverified({ app }: { app: App }) {
  if (app.verified || !isIdentified(app.path)) return null;
  return (
    <span className="tag tag-warn" title={text.unverifiedWhy}>
      {text.unverified}
    </span>
  );
}
