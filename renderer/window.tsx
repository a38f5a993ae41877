// Page of the main window: the status header, then connections, rules and inbox as tabs.
import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { bridge } from "./bridge.ts";
import { Arrows, Lines, Tray } from "./parts/icons.tsx";
import { followView, showView, useView, type View } from "./shown-view.ts";
import { take, useKnown } from "./store.ts";
import { text } from "./text.ts";
import { Connections } from "./views/connections.tsx";
import { Inbox } from "./views/inbox/inbox.tsx";
import { Rules } from "./views/rules.tsx";
import { Notices, StatusHeader } from "./views/status.tsx";

const views: readonly { id: View; icon: ReactNode; page: ReactNode }[] = [
  { id: "connections", icon: <Arrows />, page: <Connections /> },
  { id: "rules", icon: <Lines />, page: <Rules /> },
  { id: "inbox", icon: <Tray />, page: <Inbox /> },
];

function Window() {
  const { view } = useView();
  const open = useKnown((known) => known.prompts.size);
  return (
    <div className="window">
      <StatusHeader />
      <Tabs
        className="shell"
        orientation="vertical"
        selectedKey={view}
        onSelectionChange={(key) => showView(key as View)}
      >
        <div className="side">
          <TabList className="nav" aria-label={text.views.label}>
            {views.map(({ id, icon }) => (
              <Tab key={id} id={id} className="nav-item">
                {icon}
                <span>{text.views[id]}</span>
                {id === "inbox" && open > 0 && <span className="nav-count">{open}</span>}
              </Tab>
            ))}
          </TabList>
          {/* In room of their own: they come and go without moving what is being read or pressed. */}
          <Notices />
        </div>
        <main className="main">
          {views.map(({ id, page }) => (
            <TabPanel key={id} id={id} className="panel">
              {page}
            </TabPanel>
          ))}
        </main>
      </Tabs>
    </div>
  );
}

bridge.follow((update) => {
  take(update);
  followView(update);
});
createRoot(document.getElementById("root") as HTMLElement).render(<Window />);
