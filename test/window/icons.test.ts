// Icons of apps: found as the icon theme specification says, and only where root alone can have put them.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Icons } from "../../main/window/icons/icons.ts";
import { bestFolders, parseTheme, searchOrder } from "../../main/window/icons/theme.ts";

const png = (word: string) =>
  Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.from(word)]);
const hicolor = `[Icon Theme]
Name=Hicolor
Directories=16x16/apps,48x48/apps,64x64@2/apps,scalable/apps,../../etc
[16x16/apps]
Size=16
Type=Threshold
[48x48/apps]
Size=48
Type=Fixed
[64x64@2/apps]
Size=64
Scale=2
Type=Fixed
[scalable/apps]
Size=128
Type=Scalable
MinSize=8
MaxSize=512
[../../etc]
Size=48
`;

describe("a theme", () => {
  test("names its folders, none of them outside of it", () => {
    const paths = parseTheme(hicolor).folders.map(({ path }) => path);
    expect(paths).toEqual(["16x16/apps", "48x48/apps", "64x64@2/apps", "scalable/apps"]);
  });

  test("the best folder fits; a larger one comes before a smaller one", () => {
    const order = (pixels: number) => bestFolders(parseTheme(hicolor), pixels).map(({ path }) => path);
    expect(order(96)).toEqual(["scalable/apps", "64x64@2/apps", "48x48/apps", "16x16/apps"]);
    expect(order(48)[0]).toMatch(/48x48|scalable/);
    expect(order(600)).toEqual(["64x64@2/apps", "scalable/apps", "48x48/apps", "16x16/apps"]);
  });

  test("is searched before what it inherits, hicolor last, and circles end", () => {
    const parents: Record<string, string[]> = { Papirus: ["breeze", "hicolor"], breeze: ["Papirus", "Adwaita"] };
    expect(searchOrder("Papirus", (theme) => parents[theme] ?? [])).toEqual([
      "Papirus",
      "breeze",
      "Adwaita",
      "hicolor",
    ]);
    expect(searchOrder(null, () => [])).toEqual(["hicolor"]);
  });
});

describe("an icon", () => {
  let folder: string;
  const put = (path: string, bytes: Buffer | string): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes, { mode: 0o644 });
    return file;
  };
  const icons = (chosen: string | null = null): Icons =>
    new Icons({
      themes: [join(folder, "local"), join(folder, "icons")],
      loose: [join(folder, "pixmaps")],
      chosen: () => Promise.resolve(chosen),
    });
  const found = async (icon: string, pixels = 48, chosen: string | null = null): Promise<string | null> => {
    const picture = await icons(chosen).find(icon, pixels);
    return picture?.bytes.toString("latin1").replace(/^.PNG\r\n.\n/s, "") ?? null;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "picket-icons-"));
    chmodSync(folder, 0o755);
    put("icons/hicolor/index.theme", hicolor);
    put("icons/hicolor/48x48/apps/mail.png", png("mail 48"));
    put("icons/hicolor/16x16/apps/mail.png", png("mail 16"));
    put("icons/hicolor/16x16/apps/small.png", png("small 16"));
    put("icons/hicolor/scalable/apps/vector.svg", "<svg/>");
    put("icons/Fancy/index.theme", hicolor.replace("Name=Hicolor", "Inherits=hicolor"));
    put("icons/Fancy/48x48/apps/mail.png", png("mail fancy"));
    put("pixmaps/loose.png", png("loose"));
    put("icons/hicolor/48x48/apps/fake.png", "no picture");
    chownSync(put("icons/hicolor/48x48/apps/theirs.png", png("theirs")), 1000, 1000);
    chmodSync(put("icons/hicolor/48x48/apps/open.png", png("open")), 0o666);
    symlinkSync(put("home/evil.png", png("evil")), join(folder, "icons/hicolor/48x48/apps/linked.png"));
    chownSync(join(folder, "home"), 1000, 1000);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is found in the chosen theme, then in what it inherits, in the best size, then among the loose ones", async () => {
    expect(await found("mail")).toBe("mail 48");
    expect(await found("mail", 16)).toBe("mail 16");
    expect(await found("mail", 48, "Fancy")).toBe("mail fancy");
    expect(await found("small", 48, "Fancy")).toBe("small 16");
    expect(await found("vector")).toBe("<svg/>");
    expect(await found("loose")).toBe("loose");
    expect(await found("loose.png")).toBe("loose");
    expect(await found(join(folder, "pixmaps/loose.png"))).toBe("loose");
    expect(await found("nowhere")).toBeNull();
  });

  test("is nobody's but root's: neither the file, nor a folder on the way to it", async () => {
    for (const icon of ["theirs", "open", "linked", join(folder, "home/evil.png")])
      expect(await found(icon)).toBeNull();
  });

  test("is a picture, and its name leads nowhere else", async () => {
    expect(await found("fake")).toBeNull();
    for (const icon of ["../48x48/apps/mail", "..", "/etc/passwd", "/dev/zero", "", "a".repeat(4000), "x\u0000y"]) {
      expect(await found(icon)).toBeNull();
    }
    expect(await found("mail", 48, "../hicolor")).toBe("mail 48");
  });
});
