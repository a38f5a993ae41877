# Datagrams and their echoes: udp.py ADDRESS PORT connected|unconnected COUNT [SIZE] [SECONDS].
# Prints {"connectErrno", "sendErrnos", "errno", "replies", "ms"}: replies are the numbers of the echoed datagrams in order.
import json, socket, sys, time

address, port, how, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
size = int(sys.argv[5]) if len(sys.argv) > 5 else 16
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(float(sys.argv[6]) if len(sys.argv) > 6 else 60)
result = {"connectErrno": 0, "sendErrnos": [], "errno": 0, "replies": []}
start = time.monotonic()
if how == "connected":
    try:
        s.connect((address, port))
    except OSError as error:
        result["connectErrno"] = error.errno
for number in range(count):
    data = b"%08d" % number + b"x" * (size - 8)
    try:
        s.send(data) if how == "connected" else s.sendto(data, (address, port))
        result["sendErrnos"].append(0)
    except OSError as error:
        result["sendErrnos"].append(error.errno)
try:
    while len(result["replies"]) < count:
        data = s.recv(65535)
        if len(data) == size:
            result["replies"].append(int(data[:8]))
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
result["ms"] = (time.monotonic() - start) * 1000
print(json.dumps(result))
