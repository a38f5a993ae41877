# Many different programs at once: programs.py TINY FOLDER FIRST COUNT ADDRESS PORT. Makes COUNT copies of TINY named FOLDER/app-NUMBER, each
# a file of its own, starts all, says "started", and prints {NUMBER: exit code} when all have ended.
import json, os, shutil, socket, struct, sys

tiny, folder, first, count, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6]
(number,) = struct.unpack("!I", socket.inet_aton(address))
running = {}
for index in range(first, first + count):
    path = os.path.join(folder, f"app-{index}")
    shutil.copy(tiny, path)
    running[os.posix_spawn(path, [path, str(number), port], {})] = index
print("started", flush=True)
codes = {}
while running:
    pid, status = os.wait()
    codes[running.pop(pid)] = os.waitstatus_to_exitcode(status)
print(json.dumps(codes))
