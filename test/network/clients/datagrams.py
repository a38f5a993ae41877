# A datagram socket that speaks when it is told to: datagrams.py ADDRESS PORT. Connects, then sends a byte for each line on stdin and prints
# {"errno"}, once the send went on or failed.
import json, socket, sys

address, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
s.connect((address, port))
for _ in sys.stdin:
    result = {"errno": 0}
    try:
        s.send(b"x")
    except OSError as error:
        result["errno"] = error.errno
    print(json.dumps(result), flush=True)
