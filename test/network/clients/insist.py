# An app that does not take no for an answer: insist.py ADDRESS PORT SECONDS [FILE]. Tries TCP connections and datagrams without end, each for a
# moment only, also through two sockets made at its start; at its end, which is also when FILE exists, prints {"attempts", "connected"}.
import json, os, socket, sys, time

address, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
end = sys.argv[4] if len(sys.argv) > 4 else ""
family = socket.AF_INET6 if ":" in address else socket.AF_INET
result = {"attempts": 0, "connected": 0}
old = [socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)]
old[1].connect((address, port))


def attempt(work):
    result["attempts"] += 1
    try:
        work()
    except OSError:
        pass


def connect():
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(0.05)
        s.connect((address, port))
        result["connected"] += 1


def datagram():
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", (address, port))


start = time.monotonic()
while time.monotonic() - start < seconds and not os.path.exists(end):
    attempt(connect)
    attempt(datagram)
    attempt(lambda: old[0].sendto(b"x", (address, port)))
    attempt(lambda: old[1].send(b"x"))
    time.sleep(0.02)
print(json.dumps(result), flush=True)
