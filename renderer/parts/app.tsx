// An app's face and name. A name that cannot be trusted is never shown as one: the path stands in its place, marked.
import type { App } from "../../contract/words.ts";
import { plain } from "../format.ts";
import { text } from "../text.ts";
import { Chip } from "./icons.tsx";

const hues = 6;

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
    </span>
  );
}

/** The path with its file name standing out; it may break anywhere but is never shortened where an answer depends on it. */
export function PathName({ path }: { path: string }) {
  const cut = path.lastIndexOf("/") + 1;
  return (
    <bdi className="path">
      <span className="path-folder">{plain(path.slice(0, cut))}</span>
      <span className="path-file">{plain(path.slice(cut))}</span>
    </bdi>
  );
}

export function AppName({ app }: { app: App }) {
  return app.verified ? <bdi className="app-name">{plain(app.name)}</bdi> : <PathName path={app.path} />;
}

export function Unverified() {
  return (
    <span className="tag tag-warn" title={text.unverifiedWhy}>
      {text.unverified}
    </span>
  );
}
