// What react-aria says by itself (how to drag, how many were found) in the page's language, whatever the browser's is.
import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { language } from "../text.ts";

export function Speaking({ children }: { children: ReactNode }) {
  return <I18nProvider locale={language}>{children}</I18nProvider>;
}
