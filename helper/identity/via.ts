// Which ancestor of a process is worth telling: "curl via updater.sh". Pure.
import { splitAppPath } from "../../contract/app-path.ts";

/** They do what somebody else says: what started them counts. */
const passing = new Set(
  (
    "sh bash dash zsh ksh mksh ash yash fish csh tcsh rbash busybox sudo su doas pkexec runuser setpriv env nohup setsid timeout nice " +
    "ionice chrt taskset stdbuf xargs time watch parallel script strace ltrace gdb unshare nsenter chroot bwrap flatpak flatpak-spawn " +
    "snap snap-confine systemd-run dbus-run-session xvfb-run ld-linux-x86-64.so.2 ld-linux-aarch64.so.1"
  ).split(" "),
);

/** Scripts of the same kind: `picket run`, and what starts it in a clone. */
const passingScripts = new Set(["picket", "picket.ts", "npx-cli.js"]);

/** Here a person or the system itself begins: nobody further up is the reason. */
const session = new Set(
  (
    "systemd init login sshd sshd-session agetty getty gdm-session-worker sddm-helper lightdm gnome-session-binary gnome-shell plasmashell " +
    "kwin_wayland kwin_x11 startplasma-wayland startplasma-x11 xfce4-session xfce4-panel cinnamon mate-panel lxqt-panel sway Hyprland " +
    "i3 openbox labwc Xorg Xwayland dbus-daemon dbus-broker kded5 kded6 krunner gnome-terminal-server gnome-terminal kgx ptyxis konsole " +
    "yakuake xterm uxterm urxvt rxvt st alacritty kitty foot wezterm wezterm-gui tilix terminator xfce4-terminal mate-terminal " +
    "lxterminal qterminal tmux screen zellij mosh-server"
  ).split(" "),
);

/** The program of an app's path, also of one in brackets: what it does is unclear, what it is was certain. */
function executableOf(path: string): string {
  return /^\[(\/.*) \([^()]*\)\]$/.exec(path)?.[1] ?? splitAppPath(path).executable;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `self` and `ancestors`: app paths, the parent first. Null where a person began it, or where nobody can be sure who did. */
export function nearestReason(self: string, ancestors: readonly string[]): string | null {
  for (const path of ancestors) {
    const { script } = splitAppPath(path);
    const executable = executableOf(path);
    const name = fileName(executable);
    // A program's own processes start one another.
    if (path === self) continue;
    if (script === null ? passing.has(name) : passingScripts.has(fileName(script))) continue;
    if (session.has(name) || !path.startsWith("/")) return null;
    return path;
  }
  return null;
}
