// How systemd names units and the cgroups they run in: systemd.unit(5), systemd.slice(5). Pure.

/** Kinds of units that have processes and so a cgroup; a slice's are those of the units in it. */
const kinds = ["service", "scope", "slice", "socket", "mount", "swap"] as const;
export type UnitKind = (typeof kinds)[number];

/** systemd's own limit is 255 characters. Whoever makes a cgroup by hand may write anything else. */
const unitName = new RegExp(String.raw`^[A-Za-z0-9:_.\\@-]{1,240}\.(${kinds.join("|")})$`);

/** The kind of unit a name stands for, or null where it is no unit's that has a cgroup. */
export function unitKind(name: string): UnitKind | null {
  return (unitName.exec(name)?.[1] as UnitKind | undefined) ?? null;
}

/** Files of the kernel's in every cgroup are named after a controller; a unit's cgroup must not look like one. */
const reserved =
  /^(?:[_.]|(?:cgroup|cpu|cpuacct|cpuset|io|blkio|memory|devices|pids|bpf-\w+)\.|(?:tasks|notify_on_release|release_agent)$)/;

/** The folder of a unit's cgroup. */
export function cgroupName(unit: string): string {
  return reserved.test(unit) ? `_${unit}` : unit;
}

/** The unit whose cgroup has that folder. */
export function unitOfCgroup(folder: string): string {
  return folder.startsWith("_") ? folder.slice(1) : folder;
}

/** The cgroup of a slice below the mount, by its name alone: a dash means "inside of". Empty for the root slice. */
export function sliceCgroup(slice: string): string {
  const parts = slice.replace(/\.slice$/, "").split("-");
  if (slice === "-.slice") return "";
  return parts.map((_, index) => cgroupName(`${parts.slice(0, index + 1).join("-")}.slice`)).join("/");
}

/** What a part of a unit name stands for: `\x2d` is a dash, a bare dash a separator of paths. */
export function unescapeUnit(text: string): string {
  const bytes = text
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[^\0-\xff]/g, "?");
  return Buffer.from(bytes, "latin1").toString("utf8");
}
