// Somebody who could be asked: `watch-prompts.ts SOCKET SECONDS` watches questions as a window does, and ends.
import { setTimeout as sleep } from "node:timers/promises";
import { HelperClient } from "../../main/client/client.ts";

const [path = "", seconds = "60"] = process.argv.slice(2);
const helper = await HelperClient.connect(path, "watcher");
await helper.watch<"prompts">(["prompts"], () => {});
await sleep(Number(seconds) * 1000);
helper.close();
