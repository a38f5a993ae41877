# Who is called: listener.py tcp|udp ADDRESS PORT [option…]. Echoes; prints a line of JSON for what happens: {"ready": true},
# then {"from", "port", "data"} for everything that came. Ends with its standard input.
# Options: group=ADDRESS/PORT sends there first, as mDNS and SSDP do; unicast does not ask to broadcast; fastopen takes data with the SYN;
# device=NAME binds to it; multipath listens with MPTCP, as every Go server does; after=ADDRESS/PORT was connected there before,
# refused=ADDRESS/PORT tried to be; only=PORT has the system choose a port, of this one.
import ctypes, errno, json, os, socket, sys, threading

how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
options = dict((word.split("=") + [""])[:2] for word in sys.argv[4:])
kind = socket.SOCK_DGRAM if how == "udp" else socket.SOCK_STREAM
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind, 262 if "multipath" in options else 0)  # IPPROTO_MPTCP
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if "device" in options:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options["device"].encode())
if "after" in options:
    there, service = options["after"].split("/")
    s.connect((there, int(service)))
    ctypes.CDLL(None).connect(s.fileno(), bytes(16), 16)  # AF_UNSPEC: disconnects
if "refused" in options:
    there, service = options["refused"].split("/")
    if s.connect_ex((there, int(service))) != errno.ECONNREFUSED:
        raise SystemExit("was not refused")
if "only" in options:
    port = int(options["only"])
    try:
        s.setsockopt(socket.IPPROTO_IP, 51, (port << 16 | port).to_bytes(4, sys.byteorder))  # IP_LOCAL_PORT_RANGE
        port = 0
    except OSError:
        pass  # Linux 6.1 knows no such option: it has to be bound
if port or "only" in options:
    s.bind((address, port))


def say(**what):
    print(json.dumps(what), flush=True)


def serve(connection, peer):
    try:
        while data := connection.recv(65536):
            say(**{"from": peer[0], "port": peer[1], "data": data.decode()})
            connection.sendall(data)
        say(**{"from": peer[0], "port": peer[1], "closed": 0})
    except OSError as error:
        say(**{"from": peer[0], "port": peer[1], "closed": error.errno})
    connection.close()


def end():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end, daemon=True).start()
if how == "udp":
    if "group" in options:
        group, to = options["group"].split("/")
        if "unicast" not in options:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if group.startswith("ff"):
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("wire"))
        elif 224 <= int(group.split(".")[0]) < 240:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.1"))
        s.sendto(b"who is there?", (group, int(to)))
    say(ready=True, port=s.getsockname()[1])
    while True:
        data, peer = s.recvfrom(65536)
        say(**{"from": peer[0], "port": peer[1], "data": data.decode()})
        s.sendto(data, peer)
if "fastopen" in options:
    with open("/proc/sys/net/ipv4/tcp_fastopen", "w") as setting:  # of this network namespace
        setting.write("3")
    s.setsockopt(socket.IPPROTO_TCP, 23, 16)  # TCP_FASTOPEN
s.listen(64)
say(ready=True, port=s.getsockname()[1])
while True:
    connection, peer = s.accept()
    threading.Thread(target=serve, args=(connection, peer), daemon=True).start()
