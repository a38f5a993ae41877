// Prints what systemd-resolved's monitor tells, a line of JSON each, and its state when that changes. Runs inside of a test machine: resolved
// talks to nobody of another PID namespace.
import { monitorSocket, ResolvedMonitor } from "../../helper/names/resolved-monitor.ts";

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const monitor = new ResolvedMonitor(monitorSocket, ({ host, chain, addresses }) => say({ host, chain, addresses }));
let state = "";
setInterval(() => {
  if (monitor.state !== state) say({ state: monitor.state });
  state = monitor.state;
}, 5);
