// What is looked for again of what nobody had time for, in the kernel's own maps.
import { afterEach, expect, it } from "vitest";
import { abi, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { Notices } from "../../../helper/kernel/notices.ts";
import { Programs } from "../../../helper/kernel/programs.ts";
import { KernelNews, type KernelNewsParts } from "../../../helper/kernel-news.ts";
import { freshObject } from "../../bpf/object.ts";
import { OwnCgroup } from "../../bpf/own-cgroup.ts";

let news: KernelNews | undefined;
let programs: Programs | undefined;
let cgroup: OwnCgroup | undefined;
afterEach(async () => {
  news?.close();
  programs?.remove();
  await cgroup?.remove();
});

/** A SYN that the kernel keeps, of a flow that nobody knows. */
function keepSyn(maps: Programs["maps"], key: number): void {
  const record = layouts.record.write({ abi, type: recordType.held, packet_bytes: 20 });
  const syn = Buffer.concat([record, Buffer.alloc(layouts.held_syn.size - record.length)]);
  maps.held_syns.set(Buffer.alloc(layouts.flow_key.size, key), syn);
}

/** Starts what is looked at, with `more` of its parts. */
async function startNews(more: Partial<KernelNewsParts>): Promise<Programs["maps"]> {
  cgroup = new OwnCgroup();
  programs = new Programs(await freshObject(), cgroup.instance);
  const { maps } = programs;
  news = new KernelNews({
    maps,
    notices: new Notices(maps.notices),
    prompts: { unasked: 0, roomForMore: false },
    isHeld: () => false,
    forgetHeldGates: () => [].values(),
    lostPackets: () => 0,
    lostBefore: 0,
    announced: () => {},
    held: () => {},
    told: () => {},
    lostNews: () => 0,
    heard: () => {},
    findEnded: () => {},
    ...more,
  });
  return maps;
}

it("goes on to owe the gates of what is told while it looks for them", async () => {
  let forgotten = 0;
  const maps = await startNews({
    forgetHeldGates: () => {
      forgotten++;
      return [].values();
    },
    held: () => news?.oweGates(),
  });
  keepSyn(maps, 1);
  news?.start();
  await expect.poll(() => forgotten, { timeout: 15_000 }).toBeGreaterThan(1);
});

it("looks again after something was lost, although there is nothing more to read", async () => {
  let [looks, found] = [0, 0];
  const maps = await startNews({
    // Something each time that it looks; the second is one that it could find.
    lostPackets: () => {
      if (++looks === 2) keepSyn(maps, 1);
      return looks;
    },
    held: () => found++,
  });
  news?.start();
  await expect.poll(() => found, { timeout: 15_000 }).toBeGreaterThan(0);
});
