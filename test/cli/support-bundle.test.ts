// A support bundle has everything that helps and nobody's names: secrets are planted wherever text can come from, and looked for.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Blocklist } from "../../contract/blocklists.ts";
import { bundleOf, type Material } from "../../main/cli/support/bundle.ts";
import { Placeholders } from "../../main/cli/support/placeholders.ts";
import { messagesIn } from "../../main/cli/support-bundle.ts";
import { picket } from "./picket-process.ts";
import { flow, prompt, rule, status } from "./samples.ts";
import { type StubHelper, startStubHelper } from "./stub-helper.ts";

const secrets = {
  host: "clinic.secret-disease.example",
  domain: "secret-disease.example",
  idn: "xn--krper-jua.example",
  single: "secretnas",
  address: "203.0.113.77",
  address6: "2001:db8:5ec:237::42",
  hardware: "52:54:00:5e:c2:e7",
  app: "/home/secretperson/My Apps/secret tool/run me",
  script: "/opt/secretware/bin/thing",
  home: "/home/secretperson/.config/x",
  login: "secretperson",
  person: "Sybil Secretname",
  machine: "secretbox",
  mail: "sybil@secret.example",
  ssid: "SecretWLAN 5G",
  profile: "secretoffice",
  list: "secret list",
  url: "https://lists.secret.example/token-5ec237/hosts.txt",
  note: "because secretfriend said so",
  unit: "app-secretapp-1234.scope",
  command: "secretcommand",
  package: "secretpackage",
} as const;

const endpoint = {
  host: secrets.host,
  address: secrets.address,
  port: 443,
  protocol: "tcp",
  names: [{ name: secrets.idn, source: "sni", trusted: false }],
} as const;
const app = { name: "Secret Tool", path: secrets.app, verified: false, icon: null, via: secrets.script };
const list: Blocklist = {
  id: "1",
  name: secrets.list,
  url: secrets.url,
  enabled: true,
  busy: null,
  hosts: 5,
  domains: 0,
  addresses: 0,
  exceptions: 0,
  skipped: [{ reason: "local_name", count: 1, first: [{ line: 1, text: secrets.single }] }],
  updated: null,
  checked: null,
  error: { code: "fetch_failed", message: `${secrets.url}: ECONNREFUSED`, time: "2026-11-23T09:30:00.000Z" },
  aside: null,
  hits: 3,
};

const told = {
  status: {
    ...status,
    guarded: ["user.slice", `user.slice/user-1000.slice/user@1000.service/app.slice/${secrets.unit}`],
    degraded: [
      {
        code: "packetSockets",
        message: `Guarded processes with AF_PACKET sockets: ${secrets.command} (12), ${secrets.app}`,
      },
      {
        code: "outsideSockets",
        message: `Guarded processes with sockets of outside: ${secrets.command} (12), holder-of-secret (13)`,
      },
      { code: "guardUnknown", message: 'Not guarded: there is no unit "secretvpn".' },
      { code: "guardWaits", message: "Not running; guarded as soon as it is: secretd.service." },
      { code: "blocklists", message: `Blocklists that block little: ${secrets.list}` },
    ],
    profile: secrets.profile,
    trial: { what: `Profile ${secrets.profile} defined.`, ends: "2026-11-23T09:30:00.000Z" },
  },
  rules: [
    { ...rule, app: secrets.script, via: secrets.app, host: secrets.host, address: null, note: secrets.note },
    { ...rule, app: null, domain: secrets.domain, address: null, source: "/home/secretperson/old.lsrules" },
    { ...rule, address: secrets.address6 },
  ],
  prompts: [
    {
      ...prompt,
      app,
      endpoint: { ...endpoint, address: secrets.address6, host: secrets.single },
      endpoints: [{ ...endpoint, address: secrets.address6, host: secrets.single }],
      domain: secrets.domain,
      process: { pid: 1, uid: 1000, command: secrets.command },
    },
  ],
  flows: [
    {
      ...flow,
      app: { ...app, package: { manager: "dpkg", name: secrets.package, version: "1" } },
      endpoint,
      verdict: "block",
      reason: `Blocklist ${secrets.list} has ${secrets.host}.`,
    },
    { ...flow, id: "f2", app, endpoint },
  ],
  blocklists: [list],
  profiles: [{ name: secrets.profile, ssid: secrets.ssid, gateway: secrets.hardware, vpn: null }],
} as unknown as NonNullable<Material["told"]>;

const line = (message: string, detail: object) =>
  JSON.stringify({ time: "2026-11-23T09:30:00.000Z", level: "error", message, ...detail });

const material: Material = {
  made: "2026-11-23T09:30:00.000Z",
  versions: { picket: "1.2.3", kernel: "6.1.0-18-amd64" },
  findings: [
    { check: "guard", state: "good", found: `user.slice ${secrets.unit}` },
    { check: "guard", state: "wrong", found: 'Not guarded: there is no unit "secretvpn".', fix: "picket status" },
    {
      check: "helper",
      state: "wrong",
      found: `/tmp/${secrets.login}/helper.sock: EACCES`,
      fix: "sudo systemctl restart picket-helper",
    },
  ],
  told,
  journal: [
    line("a held packet could not be re-sent", { flow: `${secrets.app} → [${secrets.address6}]:443`, error: "EPERM" }),
    line("a blocklist was not updated", { list: secrets.list, error: `${secrets.url} says 404` }),
    line("an app could not be named", {
      path: secrets.home,
      error: `Error: ENOENT: no such file or directory, open '${secrets.home}'\n    at read (file:///usr/lib/picket/helper/identity/apps.ts:12:3)`,
    }),
    line("a name", {
      host: secrets.host,
      other: "never.seen-before.example",
      address: "198.51.100.99",
      mac: secrets.hardware,
      who: secrets.mail,
    }),
    `plain text of ${secrets.login} on ${secrets.machine}: ${secrets.person} at fe80::5ec:237`,
  ],
  people: [secrets.login, secrets.person, secrets.machine],
};

const text = (names: Placeholders | null) => JSON.stringify(bundleOf(material, names), null, 1);

it("has none of the secrets that were planted", () => {
  const bundle = text(new Placeholders());
  for (const [what, secret] of Object.entries(secrets)) expect(bundle.includes(secret), what).toBe(false);
  // Nor parts of them, in any spelling.
  expect(
    /secret|sybil|disease|krper|203\.0\.113|198\.51\.100|2001:db8|fe80|5e:c2|5ec237|never\.seen/i.exec(bundle)?.[0],
  ).toBeUndefined();
});

it("has them all where the person says so: the test above looks in the right places", () => {
  const bundle = text(null).replaceAll("\\\\", "\\");
  const kept: (keyof typeof secrets)[] = [
    "host",
    "address",
    "address6",
    "app",
    "login",
    "machine",
    "unit",
    "list",
    "url",
    "profile",
    "mail",
  ];
  for (const what of kept) expect(bundle.includes(secrets[what]), what).toBe(true);
});

it("has no name that only the journal has, where no helper answers", () => {
  const secret = `app-flatpak-org.secret-1.scope`;
  const guard = `user.slice/user-1000.slice/user@1000.service/app.slice/${secret}`;
  const journal = [
    line("another profile is active", { profile: "S" }),
    line("a cgroup could not be seen", { error: `Error: ENOENT, /sys/fs/cgroup/${guard}; profile secretoffice` }),
    line("another profile is active", { profile: "secretoffice" }),
    line("a change is on trial", { what: "Profile secretoffice defined.", cut: true }),
    line("a blocklist was not updated", {
      list: "secret list",
      code: "fetch_failed",
      error: "fetch failed: secret list",
    }),
    line("enforcing", { instance: "picket", guarded: ["user.slice", guard], adopted: true, pins: "30" }),
    line("a cgroup is not guarded", { guard: secret, error: `Error: ${secret}` }),
    line("a guard is left out", { problem: 'there is no unit "secretvpn"' }),
    line("a held packet is not re-sent: its app must", {
      flow: "5ec237cb00714d",
      because: "its route or source changed",
    }),
    line("the database is damaged", { file: "/var/lib/picket/picket.sqlite" }),
    line("what comes next", { made: { of: ["secretthing", 7] } }),
  ];
  const bundle = bundleOf({ ...material, told: null, findings: [], journal }, new Placeholders()) as {
    journal: Record<string, unknown>[];
  };
  expect(/secret|5ec237|vpn/i.exec(JSON.stringify(bundle))?.[0]).toBeUndefined();
  expect(bundle.journal[0]?.profile).toMatch(/^name-\d+$/);
  expect(bundle.journal[1]?.error).toMatch(
    new RegExp(`/app\\.slice/name-\\d+; profile ${bundle.journal[2]?.profile}$`),
  );
  expect(bundle.journal[4]).toMatchObject({ message: "a blocklist was not updated", code: "fetch_failed" });
  expect(bundle.journal[5]).toMatchObject({
    instance: "picket",
    guarded: [
      "user.slice",
      expect.stringMatching(/^user\.slice\/user-1000\.slice\/user@1000\.service\/app\.slice\/name-\d+$/),
    ],
    pins: "30",
  });
  expect(bundle.journal[8]?.because).toBe("its route or source changed");
  expect(bundle.journal[9]?.file).toBe("/var/lib/picket/picket.sqlite");
});

it("calls the same host the same everywhere in it, and keeps what helps", () => {
  const bundle = bundleOf(material, new Placeholders()) as {
    helper: { flows: { host: string; app: string; reason: string }[]; status: { guarded: string[] }; counts: object };
    journal: { host?: string; error?: string; message?: string }[];
    doctor: { found: string; fix?: string }[];
  };
  const [first, second] = bundle.helper.flows;
  expect(first?.host).toMatch(/^host-\d+$/);
  expect(second?.host).toBe(first?.host);
  expect(second?.app).toBe(first?.app);
  expect(first?.reason).toMatch(new RegExp(`^Blocklist name-\\d+ has ${first?.host}\\.$`));
  expect(bundle.journal[3]?.host).toBe(first?.host);
  expect(bundle.journal[2]?.error).toMatch(/at read \(file:\/\/\/usr\/lib\/picket\/helper\/identity\/apps\.ts:12:3\)/);
  expect(bundle.journal[0]?.message).toBe("a held packet could not be re-sent");
  expect(bundle.helper.status.guarded[1]).toMatch(
    /^user\.slice\/user-1000\.slice\/user@1000\.service\/app\.slice\/name-\d+$/,
  );
  expect(bundle.doctor[2]?.fix).toBe("sudo systemctl restart picket-helper");
  expect(bundle.helper.counts).toMatchObject({ rules: { "person block forever": 3 }, profiles: 1 });
  expect(text(new Placeholders())).toContain("2026-11-23T09:30:00.000Z");
  expect(text(new Placeholders())).toContain("6.1.0-18-amd64");
});

it.each([
  ["a time is no address: 09:30:00", "a time is no address: 09:30:00"],
  ["version 6.1.0-18", "version 6.1.0-18"],
  ["helper/engine.ts failed", "helper/engine.ts failed"],
  ["127.0.0.1 and ::1", "127.0.0.1 and ::1"],
  ["to 192.0.2.1:443.", "to address-1:443."],
  ["[2001:db8::1]:443", "[address-1]:443"],
  ["open '/home/x/y'", "open 'path-1'"],
  ["/var/lib/picket/picket.sqlite", "/var/lib/picket/picket.sqlite"],
  ["EXAMPLE.org, example.org", "host-1, host-1"],
  ["open /sys/kernel/btf/vmlinux, /sys", "open /sys/kernel/btf/vmlinux, /sys"],
  ["/etc/resolv.conf could not be read", "/etc/resolv.conf could not be read"],
  ["open '/sysadmin-clinic/x'", "open 'path-1'"],
  ["/etc/picket-clinic/x", "path-1"],
  ["/etc/resolv.conf.of-clinic", "path-1"],
  [
    "no /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.clinic-1.scope: gone",
    "no /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/name-1: gone",
  ],
  ["/sys/fs/cgroup/user.slice/dbus-:1.2-org.clinic@0.service", "/sys/fs/cgroup/user.slice/name-1"],
])("%s", (given, expected) => {
  expect(new Placeholders().scrub(given)).toBe(expected);
});

it("takes the helper's own log out of the journal, and leaves flows and decisions there", () => {
  const entries = [
    { MESSAGE: '{"level":"error"}', SYSLOG_IDENTIFIER: "node" },
    { MESSAGE: "/usr/bin/curl to secret.example: blocked", SYSLOG_IDENTIFIER: "picket" },
    { MESSAGE: "Started picket-helper.service.", SYSLOG_IDENTIFIER: "systemd" },
    { MESSAGE: [1, 2] },
  ];
  const json = [...entries.map((each) => JSON.stringify(each)), "no json", ""].join("\n");
  expect(messagesIn(json)).toEqual(['{"level":"error"}', "Started picket-helper.service."]);
});

let helper: StubHelper | undefined;
afterEach(async () => {
  await helper?.stop();
  helper = undefined;
});

it("is written for its person's eyes only, with a helper and without", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "picket-bundle-"));
  try {
    const file = join(folder, "bundle.json");
    helper = await startStubHelper({
      status: told.status,
      "rules.list": told.rules,
      "prompts.list": told.prompts,
      "flows.list": told.flows,
      "blocklists.list": told.blocklists,
      "profiles.list": { profiles: told.profiles, networks: null },
    });
    expect(await picket(["support-bundle", file], helper.socket)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Look through it/),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const written = readFileSync(file, "utf8");
    expect(/secret|sybil|203\.0\.113|2001:db8/i.exec(written)?.[0]).toBeUndefined();
    expect(JSON.parse(written)).toMatchObject({ format: "picket support bundle", helper: { status: { mode: "ask" } } });
    expect(await picket(["support-bundle", "-"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/"helper": null/),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
