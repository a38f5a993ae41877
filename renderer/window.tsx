// Page of the main window: the status header, then the views as tabs.
import type { ComponentType, ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { bridge } from "./bridge.ts";
import { takeLanguage } from "./language.ts";
import { takeMonitor } from "./monitor.ts";
import { Arrows, Bars, Lines, Tray } from "./parts/icons.tsx";
import { Speaking } from "./parts/speaking.tsx";
import { takeSeen } from "./seen.ts";
import { followView, showView, useView, type View as ViewName } from "./shown-view.ts";
import { type Known, take, useKnown } from "./store.ts";
import { text } from "./text.ts";
import { History } from "./views/history/history.tsx";
import { Inbox } from "./views/inbox/inbox.tsx";
import { Monitor } from "./views/monitor/monitor.tsx";
import { Rules } from "./views/rules/rules.tsx";
import { Notices, StatusHeader } from "./views/status.tsx";

type View = {
  id: ViewName;
  icon: ReactNode;
  Page: ComponentType;
  count?: (known: Known) => number;
};

/** In the order of the side bar; the first is what a window opens with. */
const views: readonly View[] = [
  { id: "monitor", icon: <Arrows />, Page: Monitor },
  { id: "history", icon: <Bars />, Page: History },
  { id: "rules", icon: <Lines />, Page: Rules },
  { id: "inbox", icon: <Tray />, Page: Inbox, count: (known) => known.prompts.size },
];

function Window() {
  const { view } = useView();
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
  takeLanguage(update);
  followView(update);
});
createRoot(document.getElementById("root") as HTMLElement).render(
  <Speaking>
    <Window />
  </Speaking>,
);
