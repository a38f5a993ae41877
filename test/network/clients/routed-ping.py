# An echo request of a ping socket, which takes no privilege: routed-ping.py ADDRESS [HOP]. With HOP by a loose source route (RFC 791): the
# packet goes to HOP, and says that it goes on to ADDRESS. Prints {"errno"} of sending.
import json, socket, struct, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
if len(sys.argv) > 2:
    s.setsockopt(socket.IPPROTO_IP, 4, struct.pack("BBB4sB", 131, 7, 4, socket.inet_aton(sys.argv[2]), 0))  # IP_OPTIONS
error = 0
try:
    s.sendto(struct.pack("!BBHHH", 8, 0, 0, 0, 1), (sys.argv[1], 0))
except OSError as e:
    error = e.errno
print(json.dumps({"errno": error}))
