# Connects when told: latency-client.py tcp|udp ADDRESS PORT. For each line on stdin one attempt from a fresh socket;
# prints {"start", "end"} in CLOCK_MONOTONIC nanoseconds: the call, and when the app could go on (connected, or the echo came).
import json, socket, sys, time

protocol, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
for _ in sys.stdin:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(30)
    start = time.monotonic_ns()
    s.connect((address, port))
    if protocol == "udp":
        s.send(b"hello")
        s.recv(100)
    end = time.monotonic_ns()
    s.close()
    print(json.dumps({"start": start, "end": end}), flush=True)
