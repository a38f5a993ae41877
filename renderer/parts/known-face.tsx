// The face of an app of which there is only the path. Where nobody knows what it is called it has none: no face is better than a false one.
import { useApps } from "../apps.ts";
import { AppFace } from "./app.tsx";
import { Squares } from "./icons.tsx";

/** `path` null: every app. */
export function KnownFace({ path }: { path: string | null }) {
  const app = useApps(({ apps }) => (path === null ? undefined : apps.get(path)));
  if (app !== undefined) return <AppFace app={app} />;
  return (
    <span className="face face-small face-none" aria-hidden="true">
      {path === null && <Squares />}
    </span>
  );
}
