// An .rpm of the same tree, by rpmbuild (on Debian: of the package rpm).
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stop } from "../privilege.ts";
import { rpmRequires } from "./depends.ts";
import { preinst } from "./preinst.ts";
import { description, maintainer, type Release } from "./release.ts";

const architectures: Record<string, string> = { x64: "x86_64", arm64: "aarch64" };
/** Settings of whoever installed it, kept over upgrades. */
const settings = [
  "/etc/picket/helper.conf",
  "/etc/picket/journal.conf",
  "/etc/xdg/autostart/org.picket.Picket.desktop",
];

/** Returns the path of the .rpm in `out`. Throws Stop when rpmbuild is missing or fails. */
export function makeRpm(tree: string, out: string, made: Release): string {
  const work = join(out, "rpm");
  mkdirSync(work, { recursive: true });
  const path = join(work, "picket.spec");
  writeFileSync(path, spec(tree, made));
  const macros = {
    _topdir: work,
    _rpmdir: out,
    _rpmfilename: "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
    // As it is built anywhere, at the commit's time.
    _buildhost: "localhost",
    use_source_date_epoch_as_buildtime: "1",
    clamp_mtime_to_source_date_epoch: "1",
    _binary_payload: "w3.zstdio",
    // Binaries stay as their makers built them.
    __os_install_post: "%{nil}",
    debug_package: "%{nil}",
    _build_id_links: "none",
  };
  const words = Object.entries(macros).flatMap(([name, value]) => ["--define", `${name} ${value}`]);
  const command = ["-bb", "--quiet", "--target", architectures[process.arch] ?? process.arch, ...words, path];
  const outcome = spawnSync("rpmbuild", command, { encoding: "utf8", env: made.env });
  rmSync(work, { recursive: true });
  if (outcome.error) throw new Stop(`An .rpm needs rpmbuild (Debian: apt install rpm): ${outcome.error.message}`);
  if (outcome.status !== 0) throw new Stop(`rpmbuild failed: ${outcome.stderr.trim()}`);
  const rpm = readdirSync(out).find((name) => name.endsWith(".rpm"));
  if (!rpm) throw new Stop("rpmbuild wrote no package.");
  return join(out, rpm);
}

/** `tree` is copied, and what Debian wants elsewhere is moved. */
export function spec(tree: string, { name, version, summary, license }: Release): string {
  return `Name: ${name}
Version: ${version}
Release: 1
Summary: ${summary[0]?.toUpperCase()}${summary.slice(1)}
License: ${license}
Packager: ${maintainer}
AutoReqProv: no
${rpmRequires()
  .map((one) => `Requires: ${one}`)
  .join("\n")}
Recommends: polkit, xdg-utils, font(dejavusans)

%description
${description}

%install
cp -a --no-preserve=ownership ${quoted(tree)}/. %{buildroot}
mkdir -p %{buildroot}/usr/share/zsh/site-functions
mv %{buildroot}/usr/share/zsh/vendor-completions/_picket %{buildroot}/usr/share/zsh/site-functions/
rm -rf %{buildroot}/usr/share/zsh/vendor-completions %{buildroot}/usr/share/lintian %{buildroot}/usr/share/doc/picket

%pre
${preinst()}
# Starts the helper, or restarts it after an upgrade: the programs stay in the kernel meanwhile and enforce.
%post
/usr/lib/picket/set-up || exit 1
# A removal puts aside what was set; an installation begins with what is delivered.
if [ "$1" -eq 1 ]; then
  for was in /etc/picket/*.rpmsave; do
    if [ -e "$was" ]; then echo "picket: $was is what you had set before; the file beside it is as delivered, and in force." >&2; fi
  done
fi
if [ "$1" -eq 1 ]; then systemctl enable --quiet picket-helper.service || :; fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || :
  # One that an administrator switched off stays off.
  if systemctl --quiet is-enabled picket-helper.service; then
    systemctl restart picket-helper.service || echo "picket: the helper did not start; 'picket doctor' says why." >&2
  fi
fi

# Before the files go: nothing of ours stays in the kernel. An upgrade ($1 is 1) leaves the helper at work.
%preun
if [ "$1" -eq 0 ]; then
  if [ -d /run/systemd/system ]; then systemctl disable --quiet --now picket-helper.service || :; fi
  /usr/bin/picket off || echo "picket: what it has in the kernel could not be removed; a restart of the computer does it." >&2
fi

# rpm knows no purge: rules and history stay in /var/lib/picket.
%postun
if [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi

%files
%defattr(-, root, root, -)
${settings.map((path) => `%config(noreplace) ${path}`).join("\n")}
%dir /etc/picket
/usr/bin/picket
/usr/bin/picket-window
/usr/lib/picket
/usr/lib/systemd/system/picket-helper.service
/usr/share/applications/org.picket.Picket.desktop
/usr/share/bash-completion/completions/picket
/usr/share/fish/vendor_completions.d/picket.fish
/usr/share/icons/hicolor/scalable/apps/org.picket.Picket.svg
/usr/share/man/man*/picket*
/usr/share/metainfo/org.picket.Picket.metainfo.xml
/usr/share/picket
/usr/share/polkit-1/actions/org.picket.policy
/usr/share/zsh/site-functions/_picket
`;
}

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''").replaceAll("%", "%%")}'`;
