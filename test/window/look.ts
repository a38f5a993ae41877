// Pictures of everything the windows can show, to look at: in a language, a colour scheme, a size and a size of text. None of them is kept.
// usage: node test/window/look.ts FOLDER [--language de] [--scheme dark] [--size 800x600] [--text 2] [--hostile]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { App } from "./app.ts";
import { layoutFaults } from "./layout.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { hostileNames } from "./scenario-hostile.ts";
import { furnish, settled, Tour } from "./tour.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    language: { type: "string", default: "en" },
    scheme: { type: "string", default: "light" },
    size: { type: "string", default: "1180x760" },
    text: { type: "string", default: "1" },
    hostile: { type: "boolean", default: false },
    prompt: { type: "boolean", default: false },
  },
});
const [folder = "/tmp/picket-look"] = positionals;
mkdirSync(folder, { recursive: true });
const helper = await ScenarioHelper.start();
furnish(helper);
if (values.hostile) hostileNames(helper);
const app = await App.start(helper.socketPath, undefined, undefined, undefined, { env: { LANGUAGE: values.language } });
try {
  await app.main.locator("[data-health=up]").waitFor();
  const [width, height] = values.size.split("x").map(Number) as [number, number];
  const window = await app.electron.browserWindow(app.main);
  await window.evaluate((main, [width, height]) => main.setContentSize(width, height), [width, height] as const);
  for (const page of [app.main, app.prompt]) {
    await page.emulateMedia({ colorScheme: values.scheme as "light" });
    await page.evaluate((text) => {
      document.documentElement.style.fontSize = `${text * 100}%`;
    }, Number(values.text));
  }
  await settled(app.main);
  const tour = new Tour(app, helper, async (page, name) => {
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
    for (const fault of await layoutFaults(page)) console.log(`${name}: ${fault}`);
  });
  if (!values.prompt) await tour.main();
  await tour.prompt();
} finally {
  await app.end();
  await helper.end();
}
