# Traffic that goes on until stdin ends: steady.py ADDRESS [PACE]. One TCP stream and one UDP socket that are echoed all the time, and a
# new connection every PACE milliseconds (20). Says "going" when each has worked once; at the end prints
# {"stream", "datagrams", "connections": how many succeeded, "lost": datagrams whose echo did not come, "errors": ["what: error", …]}.
import json, os, socket, sys, threading, time

STREAM, ECHO, HTTP = 7777, 7777, 80
PATIENCE = 20 * float(os.environ.get("PICKET_PATIENCE", "1"))  # seconds: a busy machine, and nothing that Picket may delay

address, pace = sys.argv[1], float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.02
family = socket.AF_INET6 if ":" in address else socket.AF_INET
done = threading.Event()
result = {"stream": 0, "datagrams": 0, "connections": 0, "lost": 0, "errors": []}


def stream():
    with socket.socket(family) as s:
        s.settimeout(PATIENCE)
        s.connect((address, STREAM))
        while not done.wait(pace / 2):
            data = b"%08d" % result["stream"] * 512
            s.sendall(data)
            back = b""
            while len(back) < len(data):
                part = s.recv(65536)
                if not part:
                    raise OSError("the far side closed")
                back += part
            if back != data:
                raise OSError("other data came back")
            result["stream"] += 1


def datagrams():
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE / 10)
        number = 0
        while not done.wait(pace / 2):
            number += 1
            s.sendto(b"%08d" % number, (address, ECHO))
            try:
                while int(s.recv(100)) != number:
                    pass
                result["datagrams"] += 1
            except socket.timeout:
                result["lost"] += 1


def connections():
    while not done.wait(pace):
        with socket.socket(family) as s:
            s.settimeout(PATIENCE)
            s.connect((address, HTTP))
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while s.recv(4096):
                pass
        result["connections"] += 1


def keep(what):
    try:
        what()
    except OSError as error:
        result["errors"].append(f"{what.__name__}: {error!r}")


threads = [threading.Thread(target=keep, args=(what,)) for what in (stream, datagrams, connections)]
for thread in threads:
    thread.start()
while not result["errors"] and not all(result[name] for name in ("stream", "datagrams", "connections")):
    time.sleep(0.01)
print("going", flush=True)
sys.stdin.read()
done.set()
for thread in threads:
    thread.join()
print(json.dumps(result))
