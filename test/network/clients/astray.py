"""Sends to this computer what is meant for elsewhere: astray.py WAY [ADDRESS [TO]]. Needs no privilege. Prints the errno of the last call.

device, unicast, pktinfo, connected, tcp: to a loopback address, by the device `wire`.
answer, echo, reset: to TO on this computer, from ADDRESS, which is somebody else's; the kernel's answer goes there (IPv6).
"""
import socket
import struct
import sys
import time

SO_BINDTODEVICE, IP_UNICAST_IF, IP_PKTINFO, IPV6_FREEBIND = 25, 50, 8, 78
way, *where = sys.argv[1:]
payload = b"nobody was asked about this"


def by_device(family, kind=socket.SOCK_DGRAM):
    s = socket.socket(family, kind)
    s.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"wire")
    return s


def device(address):
    by_device(socket.AF_INET6 if ":" in address else socket.AF_INET).sendto(payload, (address, 999))


def unicast(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, IP_UNICAST_IF, struct.pack("!I", socket.if_nametoindex("wire")))
    s.sendto(payload, (address, 999))


def pktinfo(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    info = struct.pack("i4s4s", socket.if_nametoindex("wire"), bytes(4), bytes(4))
    s.sendmsg([payload], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, (address, 999))


def connected(address):
    s = by_device(socket.AF_INET)
    s.connect((address, 999))
    for _ in range(3):
        s.send(payload)


def waiting(s, to):
    """Its SYN is sent again before this ends."""
    s.setblocking(False)
    s.connect_ex(to)
    time.sleep(2.5)


def tcp(address):
    waiting(by_device(socket.AF_INET, socket.SOCK_STREAM), (address, 999))


def foreign(kind, protocol, address):
    s = socket.socket(socket.AF_INET6, kind, protocol)
    s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    s.bind((address, 0))
    return s


def answer(address, to):
    foreign(socket.SOCK_DGRAM, 0, address).sendto(payload, (to, 9))


def echo(address, to):
    request = struct.pack("!BBHHH", 128, 0, 0, 0, 1) + payload
    foreign(socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6, address).sendto(request, (to, 0))


def reset(address, to):
    waiting(foreign(socket.SOCK_STREAM, 0, address), (to, 9))


try:
    globals()[way](*where)
    print(0)
except OSError as error:
    print(error.errno)
