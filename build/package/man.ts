// The manual pages, made of the command line's own usage: what `picket COMMAND --help` says is what `man picket` says.
import { gzipSync } from "node:zlib";
import { commandWords, usage } from "../../main/cli/usage.ts";

/** Contents by path below the tree. `time`: the pages' date, in seconds since 1970. */
export function manPages(time: number): Record<string, Buffer> {
  const date = new Date(time * 1000).toISOString().slice(0, 10);
  return {
    "usr/share/man/man1/picket.1.gz": packed(commandPage(date)),
    "usr/share/man/man1/picket-window.1.gz": packed(windowPage(date)),
    "usr/share/man/man8/picket-helper.8.gz": packed(helperPage(date)),
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

function commandPage(date: string): string {
  const parts = commandWords.map((word) => `.SS ${word}\n.nf\n${escaped(usage(word).trimEnd())}\n.fi`);
  return `.TH PICKET 1 "${date}" "Picket" "User Commands"
.SH NAME
picket \\- a desktop firewall that asks
.SH SYNOPSIS
.B picket
.I COMMAND
[ARGUMENTS]
.br
.B picket
.I COMMAND
.B \\-\\-help
.SH SWITCHING IT OFF, AND ON AGAIN
If something does not connect and you need it to, now:
.TP
.B sudo picket off
Ends the helper and takes everything of Picket\\(aqs out of the kernel, whatever state it is in. Nothing is held or blocked any more.
It needs neither the window nor a helper that answers. After a restart of the computer Picket is at work again.
.TP
.B sudo systemctl disable picket\\-helper
Keeps it off after a restart, too.
.TP
.B sudo systemctl enable \\-\\-now picket\\-helper
The way back: it guards again. Your rules and history were kept.
.TP
.B picket pause 10m
Less than off: everything is allowed for ten minutes, and Picket goes on by itself.
.TP
.B sudo apt remove picket
Removes Picket (with
.B dnf
on Fedora, with
.B zypper
on openSUSE);
.B sudo apt purge picket
its rules and history too.
.SH DESCRIPTION
The first time an app talks to somewhere new, the connection is held in the kernel and a card asks. The answer becomes a rule, and from
then on the kernel decides alone. Without a window,
.B picket prompts
lists the questions
.RB ( \\-\\-follow :
as they come) and
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
.I /usr/share/picket/journal.md
The fields of these entries, for those who collect logs;
.I /usr/share/picket/journal.schema.json
is their exact form.
.TP
.I /usr/share/picket/rules.schema.json
The form of files of rules.
.TP
.I /run/picket/helper.sock
The helper's socket. PICKET_SOCKET names another one.
.SH SEE ALSO
.BR picket\\-window (1),
.BR picket\\-helper (8)
`;
}

function windowPage(date: string): string {
  return `.TH PICKET\\-WINDOW 1 "${date}" "Picket" "User Commands"
.SH NAME
picket\\-window \\- the window of Picket, a desktop firewall that asks
.SH SYNOPSIS
.B picket\\-window
.RB [ \\-\\-background ]
.SH DESCRIPTION
Opens the window: what your programs are doing, the questions, the rules and the history. Closed, it stays in the tray and
shows a card for every new question.
.SH OPTIONS
.TP
.B \\-\\-background
Starts in the tray, without opening the window. This is how it starts when you log in.
.SH SEE ALSO
.BR picket (1),
.BR picket\\-helper (8)
`;
}

function helperPage(date: string): string {
  return `.TH PICKET\\-HELPER 8 "${date}" "Picket" "System Manager's Manual"
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
What people leave to
.BR cron (8)
and
.BR at (1)
runs outside of it, unguarded, as the services of the system do; any program can leave them something. To be asked about that, guard
.I cron.service
and
.I atd.service
too (on some systems
.IR crond.service ).
Jobs of the system's own are then asked about as well, and blocked after half a minute where nobody is there to answer, so let them go once by day
or make rules for them.
.PP
More to guard:
.B PICKET_GUARD=user.slice system.slice
in
.IR /etc/picket/helper.conf ,
then
.BR "systemctl restart picket\\-helper" .
The services of the system start beside the helper. Those that must not connect before it is ready wait for it with
.B Before=basic.target
in the section [Unit] of
.BR "systemctl edit picket\\-helper" ;
then the whole computer starts that much later.
.SH FILES
.TP
.I /etc/picket/helper.conf
What is guarded, and who is asked.
.TP
.I /etc/picket/owner.conf
Whom the installation chose.
.TP
.I /etc/picket/locked
What only root may change, one or more words a line: rules answers mode profiles blocklists history. Not there, or empty: nothing. One that
others than root could write locks everything.
.TP
.I /etc/picket/journal.conf
Which connections go into the system's journal, in the fields of
.IR /usr/share/picket/journal.md .
.SH SEE ALSO
.BR picket (1)
`;
}
