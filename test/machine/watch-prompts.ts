// Somebody who could be asked: `watch-prompts.ts SOCKET END` watches questions as a window does, until END is there.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { HelperClient } from "../../main/client/client.ts";

const [path = "", end = ""] = process.argv.slice(2);
const helper = await HelperClient.connect(path, "watcher");
await helper.watch<"prompts">(["prompts"], () => {});
while (!existsSync(end)) await sleep(100);
helper.close();
