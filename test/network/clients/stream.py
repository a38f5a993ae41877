# A connection that lives: stream.py tcp|udp ADDRESS PORT SECONDS [quiet|FILE]. Echoes a byte every 50 ms, or with `quiet` says nothing and waits;
# ends when FILE exists. Prints {"ready": true} once it talks, then at its end {"errno", "ms", "echoes"}: why and when it ended, how many answers came.
import json, os, socket, sys, time

protocol, address, port, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
end = sys.argv[5] if len(sys.argv) > 5 else ""
quiet = end == "quiet"
kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
# Held is no end: where everything is slow, it takes minutes to be answered.
patience = max(60, seconds)
s.settimeout(patience)
s.connect((address, port))


def answer():
    """A datagram, or its answer, may be lost to a verdict: who sends again hears of it."""
    if protocol == "tcp":
        return s.recv(1)
    end = time.monotonic() + patience
    s.settimeout(2)
    while True:
        try:
            return s.recv(1)
        except socket.timeout:
            if time.monotonic() > end:
                raise
            s.send(b"x")


start, result = time.monotonic(), {"errno": 0, "echoes": 0}
told = False
try:
    while time.monotonic() - start < seconds and not os.path.exists(end):
        if quiet and told:
            s.settimeout(seconds)
            s.recv(1)
            break
        s.send(b"x")
        if answer():
            result["echoes"] += 1
        else:
            break
        if not told:
            print(json.dumps({"ready": True}), flush=True)
            told = True
            start = time.monotonic()
        time.sleep(0.05)
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
result["ms"] = (time.monotonic() - start) * 1000
print(json.dumps(result), flush=True)
