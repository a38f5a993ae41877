# A process that talks to addresses and says which socket did it: one JSON list of probes per line in, one list of results out.
# Runs in a network namespace of its own in which every address is local (prober.ts).
import json, socket, struct, sys

SO_COOKIE = 57
kinds = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def probe(protocol, number, address, port, size, payload):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = kinds.get(protocol, socket.SOCK_RAW)
    with socket.socket(family, kind, number if kind == socket.SOCK_RAW else 0) as s:
        cookie = struct.unpack("=Q", s.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0]
        s.setblocking(False)
        error = 0
        try:
            if kind == socket.SOCK_STREAM:
                error = s.connect_ex((address, port))
            else:
                data = bytes(i & 255 for i in range(size)) if payload is None else bytes.fromhex(payload)
                s.sendto(data, (address, 0 if kind == socket.SOCK_RAW else port))
        except OSError as failure:
            error = failure.errno
        return [str(cookie), error]


for line in sys.stdin:
    print(json.dumps([probe(*p) for p in json.loads(line)]), flush=True)
