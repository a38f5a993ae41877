// The manual pages, made of the command line's own usage: what `picket COMMAND --help` says is what `man picket` says.
import { gzipSync } from "node:zlib";
import { commandWords, usage } from "../../main/cli/usage.ts";

/** Contents by path below the tree. */
export function manPages(): Record<string, Buffer> {
  return {
    "usr/share/man/man1/picket.1.gz": packed(commandPage()),
    "usr/share/man/man8/picket-helper.8.gz": packed(helperPage()),
  };
}

function packed(text: string): Buffer {
  // Without a time inside, the same text makes the same file.
  return gzipSync(Buffer.from(text), { level: 9 });
}

function escaped(text: string): string {
  return text
    .replace(/\\/g, "\\\\")
    .replace(/-/g, "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}

function commandPage(): string {
  const parts = commandWords.map((word) => `.SS ${word}\n.nf\n${escaped(usage(word).trimEnd())}\n.fi`);
  return `.TH PICKET 1 "" "Picket" "User Commands"
.SH NAME
picket \\- a desktop firewall that asks
.SH WAY BACK
.B sudo picket off
ends the helper and removes its programs, pins and cgroups, whatever state it is in: nothing is held or blocked any more.
.B sudo systemctl start picket\\-helper
begins again; the rules were kept.
.B sudo apt remove picket
removes Picket,
.B sudo apt purge picket
its rules and history too.
.SH DESCRIPTION
The first time an app talks to somewhere new, the connection is held in the kernel and a card asks. The answer becomes a rule, and from
then on the kernel decides alone. Without a window,
.B picket prompts
lists the questions and
.B picket answer
answers them.
.SH COMMANDS
${parts.join("\n")}
.SH FILES
.TP
.I /var/lib/picket
Rules, questions and history; root's.
.TP
.I /etc/picket/journal.conf
Which connections go into the system's journal; decisions always do.
.TP
.I /run/picket/helper.sock
The helper's socket. PICKET_SOCKET names another one.
.SH SEE ALSO
.BR picket\\-helper (8)
`;
}

function helperPage(): string {
  return `.TH PICKET\\-HELPER 8 "" "Picket" "System Manager's Manual"
.SH NAME
picket\\-helper \\- the privileged part of Picket
.SH SYNOPSIS
.B systemctl
{start|stop|restart|status}
.B picket\\-helper
.SH DESCRIPTION
Loads Picket's programs into the kernel, decides by the rules, and serves the window and the command line over a socket. It guards
.IR user.slice ,
every login session of every user, before the first of them begins.
.PP
Stopping or restarting it leaves the programs in the kernel: what is decided stays enforced, what is undecided stays held until it is back.
.B picket off
removes them.
.PP
More to guard:
.B systemctl edit picket\\-helper
with
.B Environment=PICKET_GUARD=user.slice system.slice
.SH SEE ALSO
.BR picket (1)
`;
}
