// A process that loads the programs, guards cgroups and then does nothing: `guard-and-wait.ts OBJECT INSTANCE CGROUP…`. With
// PICKET_STOP_AFTER it kills itself at the checkpoint of that number instead.
import { Programs } from "../../helper/kernel/programs.ts";

const [object = "", instance = "", ...cgroups] = process.argv.slice(2);
let left = Number(process.env.PICKET_STOP_AFTER ?? Number.POSITIVE_INFINITY);
const programs = new Programs(object, instance, () => {
  if (--left <= 0) process.kill(process.pid, "SIGKILL");
});
programs.adoptGuards();
for (const cgroup of cgroups) programs.guard(cgroup);
programs.retireOthers(() => null);
process.stdout.write("guarded\n");
setInterval(() => {}, 1000);
