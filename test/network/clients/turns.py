# A connection that speaks when it is told to: turns.py ADDRESS PORT [away]. Sends a byte at once and one with the first line on stdin, 64 KB with
# the second one. Prints {"errno"} after each, at last why the connection ended. `away`: while it is silent after the second byte, its
# socket is in nobody's descriptor table, but on its way through another one.
import json, socket, sys

address, port, away = sys.argv[1], int(sys.argv[2]), len(sys.argv) > 3
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
s.settimeout(60)
here, there = socket.socketpair(socket.AF_UNIX)


def said(data):
    result = {"errno": 0}
    try:
        s.sendall(data)
    except OSError as error:
        result["errno"] = error.errno
    return result


def tell(result):
    print(json.dumps(result), flush=True)


s.connect((address, port))
tell(said(b"a"))
sys.stdin.readline()
result = said(b"b")
if away:
    socket.send_fds(here, [b"x"], [s.fileno()])
    s.close()
tell(result)
sys.stdin.readline()
if away:
    s = socket.socket(fileno=socket.recv_fds(there, 1, 1)[1][0])
    s.settimeout(60)
result = said(b"c" * 65536)
if result["errno"] == 0:
    try:
        s.recv(1)
    except OSError as error:
        result["errno"] = -1 if isinstance(error, socket.timeout) else error.errno
tell(result)
