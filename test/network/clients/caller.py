# Who calls: caller.py tcp|udp SOURCE SOURCE_PORT ADDRESS PORT SECONDS [word…]. Prints {"errno", "ms", "at", "rttMs", "replies"}: how the
# connect() or the first reply went and when, in milliseconds since 1970; errno -1: nothing came. Words: each is sent and its echo awaited;
# "pause=S" waits S seconds, "stay" keeps a connection until the other side ends it or SECONDS are over; "fast" sends the first word with the SYN.
import json, socket, struct, sys, time

protocol, source, source_port, address, port, seconds = *sys.argv[1:3], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), float(sys.argv[6])
words = sys.argv[7:] or ["hello"]
kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, kind)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((source, source_port))
s.settimeout(seconds)
start = time.monotonic()
result = {"errno": 0, "replies": [], "rttMs": 0}
try:
    if protocol == "udp":
        for word in words:
            s.sendto(word.encode(), (address, port))
        for word in words:
            result["replies"].append(s.recvfrom(65536)[0].decode())
            result.setdefault("at", time.time() * 1000)
    else:
        if words[0] == "fast":
            words = words[1:]
            s.settimeout(None)
            s.sendto(words[0].encode(), 0x20000000, (address, port))  # MSG_FASTOPEN
            s.settimeout(seconds)
        else:
            s.connect((address, port))
            result["at"] = time.time() * 1000
        # struct tcp_info: tcpi_rtt (microseconds) at 68
        result["rttMs"] = struct.unpack_from("I", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 68)[0] / 1000
        for number, word in enumerate(words):
            if word == "stay":
                s.recv(100)
                continue
            if word.startswith("pause="):
                time.sleep(float(word[6:]))
                continue
            if number or "at" in result:
                s.sendall(word.encode())
            result["replies"].append(s.recv(65536).decode())
            result.setdefault("at", time.time() * 1000)
        s.close()
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
result["ms"] = (time.monotonic() - start) * 1000
print(json.dumps(result))
