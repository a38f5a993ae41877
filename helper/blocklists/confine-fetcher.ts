// A process between the helper and its fetcher: it starts as root, gives everything up and becomes the fetcher (fetcher.ts).
// Usage: node confine-fetcher.ts ROOT CGROUP
import { setPriority } from "node:os";
import { join } from "node:path";
import { becomeConfined } from "../kernel/confine.ts";

/** Above what containers and systemd's dynamic users are given, below what is no uid to some calls. Nobody else's. */
const fetcherId = 1_879_113_600;

/** What a Node program needs to run, to look up names and to check certificates. */
const visible = [
  "/lib",
  "/lib32",
  "/lib64",
  "/usr/lib",
  "/usr/lib32",
  "/usr/lib64",
  "/nix/store",
  "/etc/ld.so.cache",
  "/etc/resolv.conf",
  "/etc/hosts",
  "/etc/host.conf",
  "/etc/nsswitch.conf",
  "/etc/gai.conf",
  "/etc/ssl",
  "/etc/pki",
  "/etc/ca-certificates",
  "/usr/share/ca-certificates",
  "/usr/local/share/ca-certificates",
];

const [root = "", cgroup = ""] = process.argv.slice(2);
setPriority(0); // the helper's own is for those that are held
becomeConfined(
  {
    id: fetcherId,
    root,
    cgroup,
    visible,
    // ".mts": there is no package.json that would say so.
    renamed: [
      [process.execPath, "/node"],
      [join(import.meta.dirname, "fetcher.ts"), "/fetcher.mts"],
    ],
    limits: { cpu: 120, fileSize: 0, data: 1024 * 1024 * 1024, core: 0, processes: 64, files: 64 },
  },
  ["/node", "--max-old-space-size=64", "--disable-warning=ExperimentalWarning", "/fetcher.mts"],
  ["HOME=/", "LANG=C.UTF-8"],
);
