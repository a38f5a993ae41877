# flood.c as a script: flood.py ADDRESS FIRST COUNT SECONDS [BYTES]. Sends to each of COUNT ports from FIRST on until SECONDS are over (0: each
# once) or a line comes on stdin, then to each once more for every line. Prints {"sent", "refused", "errno"} of all so far after each sending.
import json, select, socket, sys, time

address, first, count, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
data = b"x" * int(sys.argv[5] if len(sys.argv) > 5 else 16)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
result = {"sent": 0, "refused": 0, "errno": 0}


def send():
    for port in range(first, first + count):
        try:
            s.sendto(data, (address, port))
            result["sent"] += 1
        except OSError as error:
            result["refused"] += 1
            result["errno"] = error.errno


end = time.monotonic() + seconds
send()
while time.monotonic() < end and not select.select([sys.stdin], [], [], 0)[0]:
    send()
if seconds:
    sys.stdin.readline()
print(json.dumps(result), flush=True)
for line in sys.stdin:
    send()
    print(json.dumps(result), flush=True)
