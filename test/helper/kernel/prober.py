# A process that talks to addresses, or is talked to from them, and says which socket did it: one JSON list of probes per line in, one list
# of results out. In a network namespace of its own in which every address is local, and a cgroup of its own (prober.ts); the remotes that
# it is talked to from are a process outside of that cgroup.
import json, os, select, socket, struct, sys

SO_COOKIE = 57
# For IPv6 a route does not make an address this host's own.
FREEBIND = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}
kinds = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
# Where it is talked to: no probe's remote.
own = {socket.AF_INET: "192.0.2.77", socket.AF_INET6: "2001:db8:ffff::77"}
# Both ends are of this kernel and on loopback: whatever comes has come. Seconds.
PATIENCE = 0.005


def cookie_of(s):
    return struct.unpack("=Q", s.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def talk(protocol, number, address, port, size, payload):
    kind = kinds.get(protocol, socket.SOCK_RAW)
    with socket.socket(family_of(address), kind, number if kind == socket.SOCK_RAW else 0) as s:
        s.setblocking(False)
        error = 0
        try:
            if kind == socket.SOCK_STREAM:
                error = s.connect_ex((address, port))
            else:
                data = bytes(i & 255 for i in range(size)) if payload is None else bytes.fromhex(payload)
                s.sendto(data, (address, 0 if kind == socket.SOCK_RAW else port))
        except OSError as failure:
            error = failure.errno
        return [str(cookie_of(s)), error]


def listen(protocol, address, port, remotes):
    """The cookie of what arrived: of the accepted connection where there is one."""
    family = family_of(address)
    with socket.socket(family, kinds[protocol]) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(*FREEBIND[family], 1)
        s.bind((own[family], port))
        if protocol == "tcp":
            s.listen()
        remotes.send(json.dumps([protocol, address, port]).encode())
        error = int(remotes.recv(16))
        if protocol == "tcp" and select.select([s], [], [], PATIENCE)[0]:
            with s.accept()[0] as accepted:
                cookie = cookie_of(accepted)
        else:
            cookie = cookie_of(s)
        remotes.send(b"done")
        return [str(cookie), error]


def be_remotes(asked):
    while words := asked.recv(4096):
        protocol, address, port = json.loads(words)
        family = family_of(address)
        with socket.socket(family, kinds[protocol]) as s:
            s.setblocking(False)
            error = 0
            try:
                s.setsockopt(*FREEBIND[family], 1)
                s.bind((address, 0))
                error = s.connect_ex((own[family], port))
                if protocol == "udp":
                    s.send(b"hello")
            except OSError as failure:
                error = failure.errno
            asked.send(str(error).encode())
            asked.recv(16)


def probe(user, direction, protocol, number, address, port, size, payload):
    # The real user counts for the kernel's programs; the effective one may open raw sockets and bind to any port.
    os.setresuid(user, 0, 0)
    if direction == "inbound":
        return listen(protocol, address, port, remotes)
    return talk(protocol, number, address, port, size, payload)


if sys.argv[1] == "outside":
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        sys.stdin.close()
        be_remotes(theirs)
        os._exit(0)
    with open(sys.argv[2], "w") as members:
        members.write(str(os.getpid()))
    os.set_inheritable(ours.fileno(), True)
    os.execv(sys.executable, [sys.executable, __file__, "inside", str(ours.detach())])

remotes = socket.socket(fileno=int(sys.argv[2]))
for line in sys.stdin:
    print(json.dumps([probe(*p) for p in json.loads(line)]), flush=True)
