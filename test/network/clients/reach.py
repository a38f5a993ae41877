# Ways out of a program: reach.py KIND ADDRESS PORT [NAMESPACE]. Prints {"ok", "errno", "unsupported"}; ok: an answer came.
# Sends once, or for datagrams without delivery of their own once more after a second until SECONDS are over.
import array, ctypes, errno, json, mmap, os, socket, struct, sys, time

kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
SECONDS = 15
six = ":" in address
family = socket.AF_INET6 if six else socket.AF_INET
libc = ctypes.CDLL(None, use_errno=True)
request = b"GET / HTTP/1.0\r\n\r\n"


def answered(s):
    s.settimeout(SECONDS)
    return len(s.recv(1000)) > 0


def until_answered(s, send):
    """Datagrams: one may be lost when a way changes."""
    end = time.monotonic() + SECONDS
    s.settimeout(1)
    while time.monotonic() < end:
        try:
            send()
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # raw IPv6 sockets hear of a held packet
                raise
        try:
            while s.recvfrom(65535)[1][0] != address:
                pass  # a raw socket hears the answers of others as well
            return True
        except socket.timeout:
            pass
    return False


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo_request():
    body = struct.pack("!BBHHH8s", 128 if six else 8, 0, 0, 1234, 1, b"01234567")
    return body if six else body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def echo(kind):
    s = socket.socket(family, kind, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
    if kind == socket.SOCK_RAW and six:
        s.setsockopt(socket.IPPROTO_ICMPV6, 1, struct.pack("8I", *[0xFFFFFFFF] * 4, 0xFFFFFFFD, *[0xFFFFFFFF] * 3))  # echo replies only
    return until_answered(s, lambda: s.sendto(echo_request(), (address, 0)))


def raw_udp(header):
    """A UDP datagram from a raw socket, with its IP header or without; an ordinary socket hears the answer."""
    ear = socket.socket(family, socket.SOCK_DGRAM)
    ear.bind(("", 0))
    s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW if header else socket.IPPROTO_UDP)
    datagram = struct.pack("!HHHH", ear.getsockname()[1], port, 13, 0) + b"hello"
    if six and not header:
        s.setsockopt(socket.IPPROTO_IPV6, 7, 6)  # IPV6_CHECKSUM: the kernel computes it there
    if header:
        datagram = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 33, 1, 0, 64, 17, 0, bytes(4), socket.inet_aton(address)) + datagram
    return until_answered(ear, lambda: s.sendto(datagram, (address, 0)))


def segmented():
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_UDP, 103, 100)  # UDP_SEGMENT
    s.connect((address, port))
    s.settimeout(SECONDS)
    s.send(b"x" * 250)
    return [len(s.recv(1000)) for _ in range(3)] == [100, 100, 50]


def fast_open(how):
    s = socket.socket(family, socket.SOCK_STREAM)
    if how == "option":
        s.setsockopt(socket.IPPROTO_TCP, 30, 1)  # TCP_FASTOPEN_CONNECT
        s.connect((address, port))
        s.sendall(request)
    else:
        s.sendto(request, 0x20000000, (address, port))  # MSG_FASTOPEN
    return answered(s)


def connected(protocol):
    s = socket.socket(family, socket.SOCK_STREAM, protocol)
    s.settimeout(SECONDS)
    s.connect((address, port))
    s.sendall(request)
    return answered(s)


def lite():
    s = socket.socket(family, socket.SOCK_DGRAM, 136)
    return until_answered(s, lambda: s.sendto(b"hello", (address, port)))


def ring(operation, s, argument, length, offset=0):
    """One operation through io_uring: setup, one entry, enter, one completion."""
    parameters = (ctypes.c_uint32 * 30)()
    fd = libc.syscall(425, 1, parameters)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")
    p = list(parameters)
    submission, completion = p[10:20], p[20:30]
    size = max(submission[6] + p[0] * 4, completion[5] + p[1] * 16)
    rings, entries = mmap.mmap(fd, size, offset=0), mmap.mmap(fd, 64, offset=0x10000000)
    entries[0:64] = struct.pack("=BBHiQQIIQ24x", operation, 0, 0, s.fileno(), offset, argument, length, 0, 1)
    rings[submission[6] : submission[6] + 4] = struct.pack("=I", 0)
    rings[submission[1] : submission[1] + 4] = struct.pack("=I", 1)
    if libc.syscall(426, fd, 1, 1, 1, None, 0) < 0:  # IORING_ENTER_GETEVENTS
        raise OSError(ctypes.get_errno(), "io_uring_enter")
    (result,) = struct.unpack("=i", rings[completion[5] + 8 : completion[5] + 12])
    os.close(fd)
    if result < 0:
        raise OSError(-result, "io_uring")
    return result


def through_ring():
    s = socket.socket(family, socket.SOCK_STREAM)
    to = struct.pack("=HHI16sI" if six else "=HH4s8x", family, socket.htons(port), *((0, socket.inet_pton(family, address), 0) if six else (socket.inet_aton(address),)))
    where, what = ctypes.create_string_buffer(to, len(to)), ctypes.create_string_buffer(request, len(request))
    ring(16, s, ctypes.addressof(where), 0, offset=len(to))  # IORING_OP_CONNECT
    ring(26, s, ctypes.addressof(what), len(request))  # IORING_OP_SEND
    return answered(s)


def datagram_through_ring():
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.connect((address, port))
    what = ctypes.create_string_buffer(b"hello", 5)
    return until_answered(s, lambda: ring(26, s, ctypes.addressof(what), 5))  # IORING_OP_SEND


def moved(namespace):
    """The socket is of one network namespace, the program of another by the time it uses it."""
    s = socket.socket(family, socket.SOCK_STREAM)
    with open(f"/run/netns/{namespace}") as there:
        if libc.setns(there.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    s.settimeout(SECONDS)
    s.connect((address, port))
    s.sendall(request)
    return answered(s)


def passed():
    """The socket is made here and used by another process (SCM_RIGHTS)."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    child = os.fork()
    if child == 0:
        here.close()
        _, fds, _, _ = socket.recv_fds(there, 1, 1)
        s = socket.socket(fileno=fds[0])
        s.settimeout(SECONDS)
        try:
            s.connect((address, port))
            s.sendall(request)
            os._exit(0 if answered(s) else 1)
        except OSError as error:
            os._exit(error.errno or 2)
    s = socket.socket(family, socket.SOCK_STREAM)
    socket.send_fds(here, [b"x"], [s.fileno()])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code > 1:
        raise OSError(code, "the other process")
    return code == 0


ways = {
    "ping": lambda: echo(socket.SOCK_DGRAM),
    "raw ping": lambda: echo(socket.SOCK_RAW),
    "raw": lambda: raw_udp(False),
    "raw with header": lambda: raw_udp(True),
    "segmented": segmented,
    "fast open": lambda: fast_open("call"),
    "fast open by option": lambda: fast_open("option"),
    "multipath": lambda: connected(262),
    "sctp": lambda: connected(132),
    "lite": lite,
    "ring": through_ring,
    "ring datagram": datagram_through_ring,
    "moved": lambda: moved(sys.argv[4]),
    "passed": passed,
}
result = {"ok": False, "errno": 0, "unsupported": False}
try:
    result["ok"] = ways[kind]()
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
    result["unsupported"] = error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.ENOSYS)
print(json.dumps(result))
