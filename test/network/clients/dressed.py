# One exchange over a socket with options: dressed.py tcp|connected|unconnected ADDRESS PORT [OPTIONS]. OPTIONS is a JSON object:
# mark, device, source, sport, group (device of IP_MULTICAST_IF), alone (not to listeners of this computer), mapped (an IPv6 socket), errors (IP_RECVERR), seconds, pace (seconds
# between two datagrams; without it, one is sent). Prints {"errno", "peer", "sent", "errors", "ms", "at"}.
import json, socket, struct, sys, time

how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
options = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
six = ":" in address or options.get("mapped")
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_STREAM if how == "tcp" else socket.SOCK_DGRAM)
if "mark" in options:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, options["mark"])
if "device" in options:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options["device"].encode())
if "group" in options:
    index = socket.if_nametoindex(options["group"])
    if six:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", b"", b"", index))
if options.get("alone"):
    level, option = (socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP) if six else (socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP)
    s.setsockopt(level, option, 0)
if options.get("errors"):
    level, option = (socket.IPPROTO_IPV6, 25) if six else (socket.IPPROTO_IP, 11)
    s.setsockopt(level, option, 1)
if "source" in options or "sport" in options:
    s.bind((options.get("source", ""), options.get("sport", 0)))
seconds = options.get("seconds", 40)
start = time.monotonic()
result = {"errno": 0, "peer": None, "sent": 0, "errors": 0}
if how != "tcp":
    level, option = (socket.IPPROTO_IPV6, 25) if six else (socket.IPPROTO_IP, 11)
    result["errors"] = s.getsockopt(level, option)
to = socket.getaddrinfo(("::ffff:" if options.get("mapped") else "") + address, port, s.family, s.type)[0][4]
try:
    if how != "unconnected":
        s.settimeout(seconds)
        s.connect(to)
    if how == "tcp":
        result["sent"] = 1
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        if not s.recv(1000):
            result["errno"] = -1
        result["peer"] = s.getpeername()[0]
    else:
        s.settimeout(options.get("pace", seconds))
        while result["peer"] is None:
            if time.monotonic() - start > seconds:
                raise socket.timeout
            if "pace" in options or not result["sent"]:
                s.send(b"hello") if how == "connected" else s.sendto(b"hello", to)
                result["sent"] += 1
            try:
                result["peer"] = s.recvfrom(100)[1][0]
            except socket.timeout:
                pass
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
result["ms"] = (time.monotonic() - start) * 1000
result["at"] = time.time() * 1000
print(json.dumps(result))
