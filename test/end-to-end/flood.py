# A crowd of clients of one user: flood.py SOCKET COUNT KIND. Prints "there" when all have tried to connect, with how many were refused, and
# stays until it is killed. silent: says nothing. there: says hello. half: half a message. slow: asks for much and reads nothing. busy: asks again and again. Both
# want what nobody grants them as well.
import json, select, socket, sys, time

path, count, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
hello = json.dumps({"id": 1, "method": "hello", "params": {"contract": int(sys.argv[4]), "client": "flood"}}).encode() + b"\n"
wants = [("mode.set", {"mode": "allow"}), ("rules.add", {"app": None, "action": "allow"}), ("rules.undo", {})]
asks = b"".join(json.dumps({"id": n, "method": m, "params": p}).encode() + b"\n" for n, (m, p) in enumerate(wants))
asks += b"".join(json.dumps({"id": n, "method": m, "params": {}}).encode() + b"\n" for n, m in enumerate(["rules.list", "flows.list", "status"] * 15))
crowd, refused = [], 0
for _ in range(count):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    try:
        s.connect(path)
        if kind == "half": s.sendall(hello[: len(hello) // 2])
        if kind == "there": s.sendall(hello)
        if kind in ("slow", "busy"): s.sendall(hello + asks)
        crowd.append(s)
    except OSError:
        refused += 1
for s in crowd: s.setblocking(False)
print("there", refused, flush=True)
while True:
    if kind != "busy":
        time.sleep(1)
        continue
    readable, _, _ = select.select(crowd, [], [], 1)
    for s in readable:
        try:
            if not s.recv(1 << 16): crowd.remove(s)
            else: s.send(asks[:200].rsplit(b"\n", 1)[0] + b"\n" + asks[-200:].split(b"\n", 1)[1])
        except BlockingIOError: pass
        except OSError: crowd.remove(s)
