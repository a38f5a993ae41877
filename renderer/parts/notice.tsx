// A line that must not be missed: something is wrong, limited or waiting. And an error, in words with its code in small print.
// biome-ignore-all lint/a11y/useSemanticElements: the role depends on the tone
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import type { ReactNode } from "react";
import type { ErrorCode } from "../../contract/errors.ts";
import { text } from "../text.ts";
import { Hourglass, Warning } from "./icons.tsx";

export function Notice({
  tone,
  title,
  children,
  action,
}: {
  tone: "alarm" | "warn" | "wait";
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "alarm" ? "alert" : "status"}>
      {tone === "wait" ? <Hourglass /> : <Warning />}
      <div className="notice-words">
        <strong>{title}</strong>
        {children}
      </div>
      {action}
    </div>
  );
}

export function ErrorLine({ code }: { code: ErrorCode }) {
  const help = text.errorHelp[code];
  return (
    <p className="error" role="alert">
      {text.errors[code]} <small>{text.errorDetail(code)}</small>
      {help && <span className="error-help">{help}</span>}
    </p>
  );
}

type NothingProps = { title: string; hint?: string; icon: ReactNode; children?: ReactNode };

export function Nothing({ title, hint, icon, children }: NothingProps) {
  return (
    <div className="nothing">
      <span className="nothing-icon">{icon}</span>
      <p>{title}</p>
      {hint && <p className="hint">{hint}</p>}
      {children}
    </div>
  );
}
