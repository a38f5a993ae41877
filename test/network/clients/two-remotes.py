# As QUIC and WebRTC do it: one socket, two remotes, two threads: two-remotes.py ADDRESS ADDRESS PORT SECONDS.
# Sends to both all the time; prints {ADDRESS: replies, ADDRESS: replies}.
import json, socket, sys, threading, time

first, second, port, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
s = socket.socket(socket.AF_INET6 if ":" in first else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.2)
replies = {first: 0, second: 0}
end = time.monotonic() + seconds


def send(address):
    while time.monotonic() < end:
        try:
            s.sendto(b"hello", (address, port))
        except OSError:
            pass
        time.sleep(0.02)


threads = [threading.Thread(target=send, args=(address,)) for address in (first, second)]
for thread in threads:
    thread.start()
while time.monotonic() < end:
    try:
        _, peer = s.recvfrom(100)
        replies[peer[0]] += 1
    except OSError:
        pass
for thread in threads:
    thread.join()
print(json.dumps(replies))
