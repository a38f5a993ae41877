# A script with ways to seem another: liar.py HOW ADDRESS PORT [PATH]. Each ends in one TCP connection; prints {"ok", "errno"}.
# plain | fork: a child connects, its parent is gone | argv: overwrites its own arguments with "python3 PATH" |
# folder: goes to PATH first | replaced: puts PATH's content in its own place first
import json, os, shutil, socket, sys, time

how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
path = sys.argv[4] if len(sys.argv) > 4 else None
if how == "fork" and os.fork() != 0:
    os._exit(0)
if how == "argv":
    # Fields 48 and 49 of proc_pid_stat(5): where the arguments are.
    fields = open("/proc/self/stat").read().rsplit(")", 1)[1].split()
    start, end = int(fields[45]), int(fields[46])
    words = b"/usr/bin/python3\0" + path.encode() + b"\0"
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(start)
        memory.write(words.ljust(end - start, b"\0")[: end - start])
if how == "folder":
    os.chdir(path)
if how == "replaced":
    shutil.copyfile(path, sys.argv[0] + ".new")
    os.replace(sys.argv[0] + ".new", sys.argv[0])
if how == "fork":
    time.sleep(0.2)
result = {"ok": False, "errno": 0}
s = socket.socket()
s.settimeout(30)
try:
    s.connect((address, port))
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    result["ok"] = len(s.recv(1000)) > 0
except socket.timeout:
    result["errno"] = -1
except OSError as error:
    result["errno"] = error.errno
print(json.dumps(result))
