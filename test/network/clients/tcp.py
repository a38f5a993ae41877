# One TCP connection: tcp.py ADDRESS PORT [SECONDS]. Prints {"ok", "errno", "ms", "rttMs", "window"} of the connect and one exchange.
import json, socket, struct, sys, time

address, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
s.settimeout(float(sys.argv[3]) if len(sys.argv) > 3 else 60)
start = time.monotonic()
result = {"ok": False, "errno": 0}
try:
    s.connect((address, port))
    result["ms"] = (time.monotonic() - start) * 1000
    result["at"] = time.time() * 1000
    info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    # struct tcp_info: tcpi_rtt (microseconds) at 68, tcpi_snd_cwnd (segments) at 80
    result["rttMs"] = struct.unpack_from("I", info, 68)[0] / 1000
    result["window"] = struct.unpack_from("I", info, 80)[0]
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    result["ok"] = len(s.recv(1000)) > 0
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
result.setdefault("ms", (time.monotonic() - start) * 1000)
print(json.dumps(result))
