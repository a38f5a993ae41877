# Ways past a hold: awkward.py routed|late ADDRESS PORT [VIA]. Prints {"ok", "errno"}.
# routed: connects to ADDRESS with a routing header (RFC 8754) that goes to VIA first. late: keeps the handshake's last ACK back.
import json, socket, struct, sys, time

how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
s.settimeout(8)
result = {"ok": False, "errno": 0}
try:
    if how == "routed":
        IPV6_RTHDR, SEGMENT_ROUTING = 57, 4
        # In reverse: the kernel puts the destination into the first place and sends to the last.
        stops = bytes(16) + socket.inet_pton(socket.AF_INET6, sys.argv[4])
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_RTHDR, struct.pack("BBBBBBH", 0, 4, SEGMENT_ROUTING, 1, 1, 0, 0) + stops)
    else:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    s.connect((address, port))
    if how == "late":
        time.sleep(1)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    result["ok"] = len(s.recv(1000)) > 0
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
print(json.dumps(result))
