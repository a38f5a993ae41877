// What is looked for again of what nobody had time for, in the kernel's own maps.
import { afterEach, expect, it } from "vitest";
import { abi, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { Notices } from "../../../helper/kernel/notices.ts";
import { Programs } from "../../../helper/kernel/programs.ts";
import { KernelNews } from "../../../helper/kernel-news.ts";
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

it("goes on to owe the gates of what is told while it looks for them", async () => {
  cgroup = new OwnCgroup();
  programs = new Programs(await freshObject(), cgroup.instance);
  const { maps } = programs;
  const record = layouts.record.write({ abi, type: recordType.held, packet_bytes: 20 });
  const syn = Buffer.concat([record, Buffer.alloc(layouts.held_syn.size - record.length)]);
  maps.held_syns.set(Buffer.alloc(layouts.flow_key.size, 1), syn);
  let forgotten = 0;
  news = new KernelNews({
    maps,
    notices: new Notices(maps.notices),
    prompts: { unasked: 0, roomForMore: false },
    isHeld: () => false,
    forgetHeldGates: () => {
      forgotten++;
      return [].values();
    },
    lostPackets: () => 0,
    lostBefore: 0,
    announced: () => {},
    held: () => news?.oweGates(),
    told: () => {},
    lostNews: () => 0,
    heard: () => {},
    findEnded: () => {},
  });
  news.start();
  await expect.poll(() => forgotten, { timeout: 15_000 }).toBeGreaterThan(1);
});
