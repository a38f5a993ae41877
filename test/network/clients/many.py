# Parallel attempts of one process: many.py SECONDS ADDRESS/PORT/tcp|udp …. All start at once; prints a list of errnos (0: ok, -1: time-out).
import json, socket, sys, threading

seconds = float(sys.argv[1])
results = [None] * (len(sys.argv) - 2)


def attempt(index, target):
    address, port, protocol = target.split("/")
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    s.settimeout(seconds)
    try:
        s.connect((address, int(port)))
        if protocol == "udp":
            s.send(b"hello")
            s.recv(100)
        results[index] = 0
    except socket.timeout:
        results[index] = -1
    except OSError as error:
        results[index] = error.errno


threads = [threading.Thread(target=attempt, args=item) for item in enumerate(sys.argv[2:])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(results))
