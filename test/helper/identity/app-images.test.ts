// Who serves a FUSE connection is looked for among all processes: a costly search, which hundreds of programs may want at once.
import { expect, it } from "vitest";
import { AppImages } from "../../../helper/identity/app-images.ts";
import { readMounts } from "../../../helper/identity/mounts.ts";

/** Of no file system. */
const connection = 0xfffff;

async function timeOf(finds: number): Promise<number> {
  const images = new AppImages();
  const began = performance.now();
  const found = await Promise.all(Array.from({ length: finds }, () => images.find(connection, readMounts())));
  expect(new Set(found)).toEqual(new Set([null]));
  return performance.now() - began;
}

it("all who run from one mount share a search", async () => {
  const once = Math.max(await timeOf(1), await timeOf(1));
  expect(await timeOf(200)).toBeLessThan(50 * once);
});
