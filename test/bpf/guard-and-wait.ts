// A process that loads the programs, guards cgroups and then does nothing: `guard-and-wait.ts OBJECT INSTANCE CGROUP…`.
import { Programs } from "../../helper/kernel/programs.ts";

const [object = "", instance = "", ...cgroups] = process.argv.slice(2);
const programs = new Programs(object, instance);
for (const cgroup of cgroups) programs.guard(cgroup);
process.stdout.write("guarded\n");
setInterval(() => {}, 1000);
