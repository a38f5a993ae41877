# A file system in user space with one executable, "program": hanging-fuse.py MOUNTPOINT FILE. Says "ready" once it is mounted; after a line
# on its input it answers nothing any more (and says "hanging"), at the end of its input it is gone. FUSE's protocol: linux/fuse.h, version 7.
import ctypes, os, select, stat, struct, sys

mountpoint, source = sys.argv[1], sys.argv[2]
content = open(source, "rb").read()
libc = ctypes.CDLL(None, use_errno=True)
fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions".encode()
if libc.mount(b"hanging", mountpoint.encode(), b"fuse", 0, options) != 0:
    raise OSError(ctypes.get_errno(), "mount")
print("ready", flush=True)

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, ACCESS, INTERRUPT, BATCH_FORGET = 1, 2, 3, 14, 15, 17, 18, 25, 26, 34, 36, 42
ENOENT, ENOSYS = 2, 38


def attributes(node):
    mode, size = (stat.S_IFDIR | 0o755, 0) if node == 1 else (stat.S_IFREG | 0o755, len(content))
    return struct.pack("<6Q3I7I", node, size, (size + 511) // 512, 1000, 1000, 1000, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(operation, node, body):
    if operation == INIT:
        return struct.pack("<4I2H2I2H8I", 7, 31, 65536, 0, 16, 12, 65536, 1, 32, 0, *[0] * 8)[:64]
    if operation == LOOKUP:
        if node != 1 or body.rstrip(b"\0") != b"program":
            return ENOENT
        return struct.pack("<4Q2I", 2, 0, 0, 0, 0, 0) + attributes(2)
    if operation == GETATTR:
        return struct.pack("<Q2I", 0, 0, 0) + attributes(node)
    if operation == OPEN:
        return struct.pack("<Q2I", 1, 0, 0)
    if operation == READ:
        _, offset, size = struct.unpack_from("<QQI", body)
        return content[offset : offset + size]
    if operation in (RELEASE, FLUSH, ACCESS):
        return b""
    return ENOSYS


hanging = False
while True:
    readable, _, _ = select.select([fuse, 0], [], [])
    if 0 in readable:
        if not os.read(0, 100):
            break
        hanging = True
        print("hanging", flush=True)
    if fuse not in readable:
        continue
    request = os.read(fuse, 1 << 20)
    _, operation, unique, node = struct.unpack_from("<IIQQ", request)
    if operation in (FORGET, BATCH_FORGET, INTERRUPT) or hanging:
        continue
    reply = answer(operation, node, request[40:])
    error, data = (-reply, b"") if isinstance(reply, int) else (0, reply)
    os.write(fuse, struct.pack("<IiQ", 16 + len(data), error, unique) + data)

libc.umount2(mountpoint.encode(), 2)  # MNT_DETACH; closing the descriptor ends what waits
