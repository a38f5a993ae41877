# Many descriptors: descriptors.py COUNT. Holds at least so many, with as few processes as its limit allows, prints "up", and lets go of
# them when stdin ends.
import os, resource, sys

count = int(sys.argv[1])
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
each = min(count, most - 20)
for _ in range(each):
    os.dup(2)
stop, let_go = os.pipe()
for _ in range(-(-count // each) - 1):
    if os.fork() == 0:
        os.close(let_go)
        os.read(stop, 1)
        os._exit(0)
print("up", flush=True)
sys.stdin.read()
