/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel programs and the helper share: map keys, map values and ring-buffer records.
 * helper/kernel/layout.ts mirrors this file once; test/bpf/layout.test.ts compares the two through BTF.
 *
 * Rules for every struct here: fixed-width members, explicit padding, no holes, little-endian host.
 * Addresses are 16 bytes, IPv4 as ::ffff:a.b.c.d. Ports are in host order. Times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef PICKET_H
#define PICKET_H

/* Raised whenever a struct below or a map changes shape: pinned maps of another ABI are not adopted. */
#define PICKET_ABI 10

/* Most tables a destination's path may have (host, nested ranges, zone, any); deeper nests compile to a defer. */
#define PATH_DEPTH 6
/* Table id that stands for "the helper decides". */
#define TABLE_DEFER 0xffffffffu
/* First of the path of an address that has it because of its names: while answers to look-ups are unread it may be called something else. */
#define TABLE_NAMED 0xfffffffeu
/* First of the path of a configured resolver, where names matter: look-ups, which have none, skip the table behind it. */
#define TABLE_RESOLVER 0xfffffffdu
/* Where names are looked up. */
#define DNS_PORT 53

enum action {
	ACTION_NONE = 0,
	ACTION_ALLOW = 1,
	ACTION_BLOCK = 2,
	ACTION_ASK = 3,
};

/* Beside a slot's action: it speaks of processes of config.person alone, and of others the helper decides. */
#define ACTION_PERSONAL 0x80u

/* State of a TCP socket, or of one (datagram socket, remote) gate. */
enum flow_state {
	FLOW_IDLE = 0,	   /* never connected by the app: new, listening, or accepted */
	FLOW_HELD = 1,	   /* waits for the helper's verdict; its packets stay back */
	FLOW_ALLOWED = 2,
	FLOW_BLOCKED = 3,
	FLOW_EXEMPT = 4,   /* the helper's own re-send sockets */
	FLOW_HANDSHAKE = 5, /* TCP: allowed by policy as far as it goes; what the app says first is held, for the name in it */
};

/* Which errors a datagram socket asks for: IP_RECVERR, IPV6_RECVERR. */
#define ERRORS_IPV4 1
#define ERRORS_IPV6 2

enum direction {
	OUTBOUND = 0,
	INBOUND = 1, /* somebody else began it */
};

enum record_type {
	RECORD_HELD = 1,	/* a packet was kept back; the packet follows the record */
	RECORD_DECIDED = 2,	/* the kernel decided a new flow by itself */
	RECORD_ESTABLISHED = 3, /* a once held TCP flow completed its handshake */
	RECORD_ENDED = 4,	/* the attempt failed or the socket is gone */
	RECORD_PROGRAM = 5,	/* a process whose app has no number makes a call: a struct program */
};

enum counter {
	COUNTER_HELD = 0,		/* packets kept back */
	COUNTER_ALLOWED = 1,		/* flows allowed by the kernel */
	COUNTER_BLOCKED = 2,		/* flows blocked by the kernel */
	COUNTER_REFUSED_PACKETS = 3,	/* packets of blocked flows */
	COUNTER_RING_FULL = 4,		/* held packets the helper could not be told of */
	COUNTER_LOG_FULL = 5,		/* decided or ended flows missing from the log */
	COUNTER_OVER_BUDGET = 6,	/* held datagrams not kept: the flow's budget was used up */
	COUNTER_NO_STORAGE = 7,		/* refused: socket storage could not be had */
	COUNTER_UNPARSED = 8,		/* refused: packet the parser does not understand */
	COUNTER_PREEXISTING = 9,	/* sockets older than the guard, first seen as they send, listen or accept */
	COUNTER_INBOUND_LIMITED = 10,	/* held inbound attempts not asked about: too many at once for one socket */
	COUNTER_OVER_SHARE = 11,	/* held packets the helper was not told of: the app had more than its share of the ring */
	COUNTER_NAMES_LOST = 12,	/* look-ups the helper was not told of: too many at once, or too large */
	COUNTER_UNRECORDED = 13,	/* program starts that `launches` had no room for */
	COUNTER_SYNS_FULL = 14,		/* held SYNs that `held_syns` had no room for */
	COUNTER_UNTOLD = 15,		/* processes the helper was not told of, until their next call: the ring was full, or their share of it */
	COUNTER_MAX = 16,
};

/*
 * One flow. Outbound TCP: the destination the app asked for, and which connect() of the socket. Inbound TCP: the listener's cookie, the
 * remote's address, the listener's port, and the remote's port as attempt. Datagrams: the packet's remote, attempt 0.
 */
struct flow_key {
	__u64 cookie;
	__u8 address[16];
	__u16 port;
	__u8 protocol;
	__u8 direction; /* of a connection: a socket that listened may connect, and its attempts are another count. Datagrams: 0 */
	__u32 attempt;
};

/* Beside a verdict: a person's, for this flow alone. */
enum answer {
	ANSWER_NONE = 0,
	ANSWER_ONCE = 1,  /* only a block changes it */
	ANSWER_ENDED = 2, /* of datagrams: refused until the socket is closed, whatever policy says */
};

/* Verdict on one flow: written by the helper, and by the kernel for datagram flows it decides itself. */
struct gate {
	__u32 state;
	__u32 rule;
	__u64 bytes_out;
	__u64 bytes_in;
	__u32 captured;	      /* held datagrams handed to the helper so far */
	__u32 captured_bytes;
	__u32 generation;     /* of the policy that gave the verdict */
	__u16 local_port;     /* inbound: the port that was asked for */
	__u8 direction;	      /* who sent first */
	__u8 answered;	      /* enum answer */
};

/* Why a process is not simply the app of its executable. */
enum disguise {
	DISGUISE_NONE = 0,
	DISGUISE_OTHER = 1,	 /* the process names another executable than it was started from */
	DISGUISE_UNRECORDED = 2, /* there was no room to write down what it was started from */
	DISGUISE_SCRIPT = 3,	 /* the executable does what a file says that begins with "#!": it is not the app of its own file */
};

/* An executable file as the kernel knows it: from inode, never from stat() (whose device differs on overlayfs and btrfs). */
struct exe_key {
	__u64 inode;
	__u64 ctime_seconds;
	__u32 ctime_nanoseconds;
	__u32 device;
	__u32 generation;
	__u32 disguised; /* enum disguise: not 0 is never a known app */
};

struct process {
	struct exe_key exe;
	__u64 start;   /* CLOCK_BOOTTIME nanoseconds, of the thread group leader */
	__u64 cgroup;
	__u32 exec_id; /* counts the execs of the process */
	__u32 pid;     /* thread group id in the helper's PID namespace, 0 when it has none there */
	__u32 uid;
	__u32 kernel_pid; /* thread group id in the first PID namespace: no two living processes share it */
	__u32 gid;
	__u32 pad;
	char command[16];
};

/* One program in one process: from an exec to the next, or from the fork. */
struct process_key {
	__u64 start;
	__u32 exec_id;
	__u32 kernel_pid;
};

/* Longest file name with its ending zero (Linux: NAME_MAX), and what a location keeps of all its names. */
#define NAME_BYTES 256
#define NAMES_BYTES 672

/* A file or folder, and where it is: its name, its folder's, and so on up to the root of its mount namespace, each ended by a zero. */
struct location {
	__u64 inode;
	__u32 device;
	__u32 bytes; /* of names; all are there only when `complete` */
	__u8 names[NAMES_BYTES];
	__u64 complete;
};

#define ARGUMENT_BYTES 384

/* What a process was started with, read at its exec: before it could change a thing. */
struct launch {
	__u64 time;	    /* CLOCK_BOOTTIME nanoseconds */
	struct exe_key exe;
	__u32 interpreted;  /* the executable was chosen by another file's "#!" (or binfmt_misc) */
	__u32 argument_bytes;
	__u32 mount_namespace; /* inode number of its mount namespace */
	__u32 confined;	    /* its root is not that namespace's: paths mean something else to it */
	struct location program;
	struct location directory; /* it worked in */
	__u8 arguments[ARGUMENT_BYTES];
};

/* The processes a process came from are told up to this far. */
#define ANCESTORS 8

struct ancestor {
	struct exe_key exe;
	struct process_key key;
	__u32 pid; /* in the helper's PID namespace, 0 when it has none there */
	__u32 pad;
};

/* Told once of every process whose app has no number yet, before its first packet: the process may be gone when the helper reads it. */
struct program {
	__u16 abi;
	__u8 type;
	__u8 launched; /* whether `launch` is known: the process is younger than the programs */
	__u32 pad;
	struct process process;
	__u8 ancestors[ANCESTORS * 56]; /* struct ancestor, the parent first; zeros where there are no more */
	struct launch launch;
};

/* What a datagram socket was last told to send to, before any translation of addresses. */
struct asked {
	__u8 address[16];
	__u8 source[16]; /* zero: by route */
	__u64 check;	 /* binds address and port to the sending thread: a copy torn by two threads fits neither */
	__u16 port;
	__u8 connects;	 /* connect() calls, counted to 2 */
	__u8 named;	 /* datagrams were sent to addresses named with them */
	__u32 shared;	 /* several threads name addresses at once */
};

/* Where a connected datagram socket is let send, as its gate said last (usual.bpf.h). */
struct usual {
	__u8 address[16];
	__u64 bytes;	  /* sent there, and not in the gate yet */
	__u32 generation; /* of the policy that gave the verdict */
	__u32 gates;	  /* NOTICE_GATES of then */
	__u16 port;	  /* 0: none yet */
	__u16 left;	  /* datagrams until the gate is asked again */
	__u32 pad;
};

/* What the helper has to say beside the policy: the entries of `notices`. */
enum notice {
	NOTICE_ASLEEP = 0, /* not 0: it has read all of `journal` and sleeps until the next record wakes it. Otherwise it comes by itself */
	NOTICE_GATES = 1,  /* counts the verdicts on datagrams that it took back */
	NOTICE_NUMBERS = 2, /* counts how often it took numbers back from what an app is not any more: sockets remember them */
	NOTICE_MAX = 3,
};

/*
 * Socket storage: made at sock_create, before the app holds the descriptor. What every packet asks for is together: `asked` ends, and
 * `usual` follows, in one cache line, and what is behind them is in the next (the kernel puts 8 bytes before all this).
 */
struct socket_state {
	__u64 netns;	      /* network namespace cookie */
	__u64 inbound_since;  /* start of the second in which inbound_count held and refused_count blocked attempts were told */
	__u32 inbound_count;
	__u32 refused_count;
	struct asked asked;
	struct usual usual;
	__u64 bytes_out;
	__u64 bytes_in;
	__u32 state;	      /* enum flow_state; datagram sockets stay FLOW_IDLE and use gates */
	__u32 app;
	__u32 rule;
	__u32 generation;     /* of the policy that gave the verdict */
	__u32 longest_pause;  /* between two retransmissions, before the hold shortened it, milliseconds; 0: it did not */
	__u32 numbers;	      /* NOTICE_NUMBERS of when `app` was looked up */
	__u16 local_port;     /* inbound TCP: the listener's */
	__u8 direction;
	__u8 answered;	      /* by a person, for this flow alone: only a block changes it */
	__u8 held_once;	      /* this TCP flow was held: restore its initial window */
	__u8 has_gates;
	__u8 bound;	      /* the app chose its port: others may begin here */
	__u8 sent_to_group;   /* `flow` has a multicast or broadcast address: answers come from anybody while it is allowed */
	__u8 errors_wanted;   /* ERRORS_*: the app asked for them */
	__u8 errors_given;    /* ERRORS_*: the kernel knows */
	__u8 probes_path;     /* its packets are never fragmented: it wants to hear where they do not fit */
	__u8 broadcasts;      /* SO_BROADCAST: without it the kernel sends nothing to a broadcast address */
	__u8 kind;	      /* enum socket_kind (record.bpf.h), once a packet was seen */
	__u8 tells_close;     /* outbound TCP: its end is told when TCP closes it, with all bytes, not when the app does */
	__u8 adopted;	      /* it is older than the guard */
	__u8 foreign;	      /* it may send from addresses that are not this computer's */
	struct flow_key flow; /* of the last connect(); datagram sockets: the cookie, and the group it sent to */
	struct process process;
};

/* What listens, while sockets are adopted. */
struct listener_key {
	__u64 netns;
	__u32 port;
	__u32 pad;
};

struct record {
	__u16 abi;
	__u8 type;
	__u8 state;
	__u32 rule;
	__u64 time;
	struct flow_key flow;
	__u8 source[16];     /* before translation; zero: chosen by route */
	__u16 source_port;
	__u16 family; /* of the packet: 4 or 6 */
	__u32 app;
	struct process process;
	__u64 netns;
	__u64 socket_cgroup;
	__u32 mark;	     /* the socket's */
	__u32 packet_mark;   /* what a control message or netfilter made of it */
	__u32 priority;
	__u32 interface;     /* bound device, 0 for none */
	__u32 out_interface; /* the device the packet was about to leave by, or came in by */
	__u32 socket_uid;
	__u32 packet_bytes;
	__u32 segment_bytes; /* UDP GSO payload size, 0 when the packet is one datagram */
	__u16 local_port;    /* inbound: the port that was asked for */
	__u8 direction;
	__u8 arriving;	    /* the packet was on its way to the app */
	__u8 errors_wanted; /* ERRORS_*: asked for and not given yet */
	__u8 at_listener;   /* inbound TCP: the connection is still being made */
	__u8 pad[2];
	__u64 bytes_out;
	__u64 bytes_in;
};

/* Largest packet that `held_syns` keeps: a SYN with every option, and a little Fast Open data. */
#define HELD_SYN_BYTES 256

/* The newest SYN of a held TCP flow, as a record of the ring buffer: what a helper that starts anew finds. */
struct held_syn {
	struct record record;
	__u8 packet[HELD_SYN_BYTES];
};

/* Whose part of the ring it is: an app's, or an executable's whose app has no number yet; which version of the file it is does not matter. */
struct share_key {
	__u64 inode;
	__u32 device;
	__u32 app; /* 0: none yet; else only it is set */
};

struct share {
	__u64 begin; /* position in the ring of the first record that is counted */
	__u64 bytes;
	/* Once it is used up, where its last record ends, and what the app met when it came again. Nanoseconds. */
	__u64 end;
	__u64 first_read; /* first, when a record had been read; 0: not yet */
	__u64 unread;	  /* last, when not all of them had */
};

/* A query of a guarded app, or what came from a port 53 to one: a datagram's or segment's payload follows. */
struct lookup {
	__u16 abi;
	__u8 protocol;	    /* IP's number */
	__u8 arriving;
	__u8 opens;	    /* TCP: the first segment of its side */
	__u8 pad[3];
	__u16 remote_port;
	__u16 local_port;
	__u32 bytes;	    /* of payload */
	__u64 time;
	__u64 cookie;
	__u64 netns;	    /* 0: of a socket older than the guard, not known */
	__u8 remote[16];    /* as the app knows it: before translation */
	struct exe_key exe;
	struct process_key process;
	__u32 pid;	    /* in the helper's PID namespace, 0 when it has none there */
	__u32 uid;
	__u32 app;
	__u32 attempt;	    /* TCP: which connect() of the socket */
	__u32 sequence;	    /* TCP: number of the first byte, or of the SYN */
	__u32 pad2;
};

/* What dump_traffic writes for every TCP socket that connected: enough to list a connection that the helper was never told of. */
struct traffic {
	struct flow_key flow;
	struct process process;
	__u64 netns;
	__u64 bytes_out;
	__u64 bytes_in;
	__u32 state; /* enum flow_state */
	__u16 local_port;
	__u8 direction;
	__u8 pad;
};

/*
 * What find_revoked writes for every allowed connection that a changed policy allows no more,
 * and find_open, without a verdict, for every one that goes on. Addresses and ports are the socket's own.
 */
struct revoked {
	struct flow_key flow;
	__u64 cookie; /* an accepted socket's flow has its listener's */
	__u64 netns;
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u32 family;	 /* AF_INET or AF_INET6 */
	__u32 interface; /* bound device, 0 for none */
	__u32 pid;	 /* the process that made it */
	__u32 holder;	 /* one that has it now; either may live in another network namespace, or be gone */
	__u32 action;	 /* enum action: block, or ask where the helper decides */
	__u32 rule;
	__u32 pad;
};

/* What find_outside writes for every socket within the guard that was made outside it. */
struct outside {
	__u32 pid; /* of its holder, in the helper's PID namespace */
	__u32 pad;
	char command[16];
};

/* Destination path: tables from the most specific to `any`; 0 ends it. */
struct path {
	__u32 tables[PATH_DEPTH];
};

struct host_key {
	__u8 address[16];
};

struct range_key {
	__u32 prefix_bits;
	__u8 address[16];
};

/* Protocols as slots know them: ICMP is one for both families, the rest is one. */
enum protocol_class {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_OTHER = 255,
};

/* Which parts of a slot are wildcards; so 0..15 runs from narrow to wide. */
#define SHAPES 16
#define SHAPE_ANY_APP 8
#define SHAPE_ANY_PORT 4
#define SHAPE_ANY_PROTOCOL 2
#define SHAPE_ANY_DIRECTION 1

struct slot_key {
	__u32 table;
	__u32 app;
	__u16 port;
	__u8 protocol;
	__u8 direction;
	__u32 shape;
};

struct slot {
	__u32 action;
	__u32 rule;
};

struct config {
	__u32 abi;
	__u32 hold_jiffies;    /* SYN retransmission time of a held TCP flow */
	__u32 default_action;  /* when no slot matches */
	__u32 pid_namespace;   /* inode number of the helper's PID namespace */
	__u32 generation;      /* of the policy: a verdict of an older one is looked up again */
	__u32 helper;	       /* its process, in its own PID namespace */
	__u32 override;	       /* enum action that comes before every rule, 0 for none; this computer's talk with itself is left to the rules */
	__u32 person;	       /* uid whose own rules slots speak of; (uid_t)-1: nobody's */
	__u32 writes;	       /* counts how often more than one member was written, in two steps each; odd: one is under way */
	struct path any;       /* path of a destination that is in neither hosts nor ranges */
};

#endif
