# Sockets whose option memory is filled before their guard is made: older-full.py ADDRESS TCPPORT UDPPORT. Prints {"filled"} when they are;
# after SIGUSR1 each tries to send, and it prints {"tcp", "udp", "connected", "empty"}: what errno came of it. "empty" was not filled.
import errno, json, signal, socket, struct, sys

address, tcp_port, udp_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
TCP_MD5SIG = 14
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])


def fill(add):
    for number in range(20000):
        try:
            add(number)
        except OSError as error:
            if error.errno not in (errno.ENOMEM, errno.ENOBUFS):
                raise
            return number
    return -1


def key(number):
    peer = struct.pack("<HH4s120x", socket.AF_INET, 0, struct.pack(">I", 0x0A000000 + number))
    tcp.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, peer + struct.pack("<BBHI80s", 0, 0, 4, 0, b"four"))


def group(of):
    def join(number):
        membership = struct.pack(">I", 0xEF000000 + number) + socket.inet_aton("127.0.0.1")
        of.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)

    return join


with open("/proc/sys/net/ipv4/igmp_max_memberships", "w") as limit:
    limit.write("20000")
tcp = socket.socket()
tcp.settimeout(30)
udp, connected, empty = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3))
for one in (connected, empty):
    one.connect((address, udp_port))
print(json.dumps({"filled": [fill(key), fill(group(udp)), fill(group(connected))]}), flush=True)
signal.sigwait([signal.SIGUSR1])


def tried(what):
    try:
        what()
    except OSError as error:
        return error.errno or -1
    return 0


results = {
    "tcp": tried(lambda: tcp.connect((address, tcp_port))),
    "udp": tried(lambda: udp.sendto(b"hi", (address, udp_port))),
    "connected": tried(lambda: connected.send(b"hi")),
    "empty": tried(lambda: empty.send(b"hi")),
}
print(json.dumps(results), flush=True)
signal.sigwait([signal.SIGUSR1])  # the sockets stay
