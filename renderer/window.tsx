// Page of the main window: the status header, then the views as tabs.
import type { ComponentType, ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { bridge } from "./bridge.ts";
import { FirstRun } from "./first-run/first-run.tsx";
import { takeExample } from "./first-run/steps.ts";
import { Closing, takeClosing } from "./frame/closing.tsx";
import { takeRefused } from "./frame/standing.ts";
import { takeWish, WishDialog } from "./frame/wish.tsx";
import { useIsLearning } from "./learning.ts";
import { takeMonitor } from "./monitor.ts";
import { Arrows, Bars, Lines, Pupil, Sheets, Shield, Sliders, Tray } from "./parts/icons.tsx";
import { Speaking } from "./parts/speaking.tsx";
import { takeShell } from "./preferences.ts";
import { takeSeen } from "./seen.ts";
import { followView, showView, useView, type View as ViewName } from "./shown-view.ts";
import { type Known, take, useKnown } from "./store.ts";
import { text } from "./text.ts";
import { Blocklists } from "./views/blocklists/blocklists.tsx";
import { History } from "./views/history/history.tsx";
import { Inbox } from "./views/inbox/inbox.tsx";
import { Learning } from "./views/learning/learning.tsx";
import { Monitor } from "./views/monitor/monitor.tsx";
import { Profiles } from "./views/profiles/profiles.tsx";
import { Rules } from "./views/rules/rules.tsx";
import { Settings } from "./views/settings/settings.tsx";
import { Notices, StatusHeader } from "./views/status.tsx";

type View = {
  id: ViewName;
  icon: ReactNode;
  Page: ComponentType;
  count?: (known: Known) => number;
};

/** In the order of the side bar. */
const views: readonly View[] = [
  { id: "inbox", icon: <Tray />, Page: Inbox, count: (known) => known.prompts.size },
  { id: "monitor", icon: <Arrows />, Page: Monitor },
  { id: "rules", icon: <Lines />, Page: Rules },
  { id: "history", icon: <Bars />, Page: History },
  { id: "blocklists", icon: <Shield />, Page: Blocklists },
  { id: "profiles", icon: <Sheets />, Page: Profiles },
  { id: "learning", icon: <Pupil />, Page: Learning },
  { id: "settings", icon: <Sliders />, Page: Settings },
];

/** What was learned is there while there is something of it, or somebody looks. */
function useViews(shown: ViewName): readonly View[] {
  const learning = useIsLearning();
  return views.filter(({ id }) => id !== "learning" || learning || shown === id);
}

function Window() {
  const { view } = useView();
  const views = useViews(view);
  return (
    <div className="window">
      <StatusHeader />
      <Tabs
        className="shell"
        orientation="vertical"
        selectedKey={view}
        onSelectionChange={(key) => showView(key as ViewName)}
      >
        <div className="side">
          <TabList className="nav" aria-label={text.views.label}>
            {views.map(({ id, icon, count }) => (
              <Tab key={id} id={id} className="nav-item">
                {icon}
                <span>{text.views[id]}</span>
                {count && <Count of={count} />}
              </Tab>
            ))}
          </TabList>
          {/* In room of their own: they come and go without moving what is being read or pressed. */}
          <Notices />
        </div>
        <main className="main">
          {views.map(({ id, Page }) => (
            <TabPanel key={id} id={id} className="panel">
              <Page />
            </TabPanel>
          ))}
        </main>
      </Tabs>
      <Closing />
      <WishDialog />
      <FirstRun />
    </div>
  );
}

function Count({ of }: { of: (known: Known) => number }) {
  const count = useKnown(of);
  return count > 0 && <span className="nav-count">{count}</span>;
}

bridge.follow((update) => {
  take(update);
  takeMonitor(update);
  takeSeen(update);
  takeShell(update);
  takeRefused(update);
  takeWish(update);
  takeClosing(update);
  takeExample(update);
  followView(update);
});
createRoot(document.getElementById("root") as HTMLElement).render(
  <Speaking>
    <Window />
  </Speaking>,
);
