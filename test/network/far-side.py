# The far side of a test network: real servers, and a counter of what really arrived on the wire.
# Usage: far-side.py DEVICE…. Prints "ready"; answers each line "counts" on stdin with one JSON object
# {"wire tcp 192.0.2.2 80": packets, ...} of packets that came in, by device, protocol, destination and port; "missed" counts
# those the counters themselves had no room for.
import json
import socket
import struct
import sys
import threading

HTTP_PORTS = [80, 443, 8080]
BANNER_PORTS = [22]
ECHO_PORTS = [443, 7777]
NAME_PORT = 53
STREAM_PORTS = [7777]
SINK_PORTS = [11]
ETH_P_ALL = 3
PACKET_OUTGOING = 4

SOL_PACKET = 263
PACKET_STATISTICS = 6

counts = {"missed": 0}
lock = threading.Lock()


def http(connection):
    with connection:
        connection.settimeout(30)
        try:
            while connection.recv(65536):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n")
                return
        except OSError:
            pass


def banner(connection):
    with connection:
        try:
            connection.sendall(b"SSH-2.0-picket_test\r\n")
            connection.settimeout(10)
            connection.recv(1024)
        except OSError:
            pass


def stream(connection):
    """Says back whatever comes, until the other side ends it."""
    with connection:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            pass


def sink(connection):
    """Takes whatever comes and says nothing."""
    with connection:
        try:
            while connection.recv(65536):
                pass
        except OSError:
            pass


def serve(port, handle):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=(connection,), daemon=True).start()


def without_device(info):
    return info[:16] + bytes(4) if len(info) == 20 else bytes(4) + info[4:]


def name_answer(query):
    """One address, 192.0.2.77, for any name that is asked for (RFC 1035, 4.1)."""
    question = query[12 : query.index(0, 12) + 5]
    answer = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 60, 4, socket.inet_aton("192.0.2.77"))
    return query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + question + answer


def echo(port, answer=lambda data: data):
    # One socket a family: a dual-stack one would answer from whatever address routing prefers.
    def loop(family, level, want, pack):
        s = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND: addresses behind the far side are no device's
        s.setsockopt(level, want, 1)
        s.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
        while True:
            data, ancillary, _, peer = s.recvmsg(65535, 256)
            try:
                # Answer from the address that was asked, by whatever route: in_pktinfo / in6_pktinfo without their device.
                s.sendmsg([answer(data)], [(level, pack, without_device(info)) for _, _, info in ancillary], 0, peer)
            except OSError:
                pass  # a group was asked

    IP_PKTINFO = 8
    for arguments in (
        (socket.AF_INET, socket.IPPROTO_IP, IP_PKTINFO, IP_PKTINFO),
        (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, socket.IPV6_PKTINFO),
    ):
        threading.Thread(target=loop, args=arguments, daemon=True).start()


def sniff(device):
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sniffer.bind((device, ETH_P_ALL))
    sniffer.setsockopt(socket.SOL_SOCKET, 33, 16 * 1024 * 1024)  # SO_RCVBUFFORCE
    threading.Thread(target=count, args=(device, sniffer), daemon=True).start()
    return sniffer


def count(device, sniffer):
    names = {6: "tcp", 17: "udp", 1: "icmp"}
    while True:
        packet, (_, _, kind, _, _) = sniffer.recvfrom(256)
        if kind == PACKET_OUTGOING or len(packet) < 20:
            continue
        if packet[0] >> 4 == 4:
            at, protocol = (packet[0] & 15) * 4, packet[9]
            destination = socket.inet_ntop(socket.AF_INET, packet[16:20])
        elif packet[0] >> 4 == 6:
            at, protocol = 40, packet[6]
            destination = socket.inet_ntop(socket.AF_INET6, packet[24:40])
        else:
            continue
        port = 0
        if protocol in (6, 17) and len(packet) >= at + 4:
            (port,) = struct.unpack_from("!H", packet, at + 2)
        key = f"{device} {names.get(protocol, protocol)} {destination} {port}"
        with lock:
            counts[key] = counts.get(key, 0) + 1


sniffers = [sniff(device) for device in sys.argv[1:]]
for port in HTTP_PORTS:
    threading.Thread(target=serve, args=(port, http), daemon=True).start()
for port in BANNER_PORTS:
    threading.Thread(target=serve, args=(port, banner), daemon=True).start()
for port in STREAM_PORTS:
    threading.Thread(target=serve, args=(port, stream), daemon=True).start()
for port in SINK_PORTS:
    threading.Thread(target=serve, args=(port, sink), daemon=True).start()
for port in ECHO_PORTS:
    echo(port)
echo(NAME_PORT, name_answer)

print("ready", flush=True)
for line in sys.stdin:
    if line.strip() == "counts":
        # struct tpacket_stats: packets, drops; reading resets it (packet(7)).
        missed = sum(struct.unpack("II", s.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1] for s in sniffers)
        with lock:
            counts["missed"] += missed
            print(json.dumps(counts), flush=True)
