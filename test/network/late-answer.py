"""Answers a TCP connection's SYN when it is told to, in place of the kernel: usage: late-answer.py DEVICE ADDRESS PORT

Says "ready", then "syn" for the first one; a line on its input makes it send the SYN-ACK; then it says "data" for the first segment with any."""
import select
import socket
import struct
import sys

SYN, ACK = 0x02, 0x10
device, address, port = sys.argv[1], socket.inet_aton(sys.argv[2]), int(sys.argv[3])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
wire.bind((device, 0x0800))
print("ready", flush=True)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn_ack(ethernet, ip, tcp):
    """RFC 9293, 3.1, with its pseudo header; nothing in the options."""
    remote, sequence = struct.unpack("!H2xI", tcp[:8])
    segment = lambda check: struct.pack("!HHIIBBHHH", port, remote, 1, sequence + 1 & 0xFFFFFFFF, 5 << 4, SYN | ACK, 65535, check, 0)
    pseudo = ip[16:20] + ip[12:16] + struct.pack("!BBH", 0, socket.IPPROTO_TCP, 20)
    header = lambda check: struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, check) + ip[16:20] + ip[12:16]
    return ethernet[6:12] + ethernet[:6] + b"\x08\x00" + header(checksum(header(0))) + segment(checksum(pseudo + segment(0)))


syn = None
said = set()
while True:
    ready, _, _ = select.select([wire, sys.stdin], [], [])
    if sys.stdin in ready:
        if not sys.stdin.readline():
            break
        wire.send(syn_ack(*syn))
        continue
    frame, (_, _, kind, *_) = wire.recvfrom(65536)
    ip = frame[14:]
    words = (ip[0] & 15) * 4
    if kind == socket.PACKET_OUTGOING or ip[9] != socket.IPPROTO_TCP or ip[16:20] != address:
        continue
    tcp = ip[words : int.from_bytes(ip[2:4], "big")]
    if tcp[13] & SYN:
        syn = frame[:14], ip, tcp
    what = "syn" if tcp[13] & SYN else "data" if len(tcp) > (tcp[12] >> 4) * 4 else None
    if what and what not in said:
        print(what, flush=True)
        said.add(what)
