# A socket whose option memory is full before it connects: full.py ADDRESS PORT. Prints {"keys", "errno"}: how many TCP_MD5SIG keys it
# took before the kernel had no more room (-1: there was no end), and how the connection ended.
import errno, json, socket, struct, sys

TCP_MD5SIG = 14
s = socket.socket()
keys = -1
for i in range(20000):
    peer = struct.pack("<HH4s120x", socket.AF_INET, 0, struct.pack(">I", 0x0A000000 + i))
    try:
        s.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, peer + struct.pack("<BBHI80s", 0, 0, 4, 0, b"four"))
    except OSError as error:
        if error.errno not in (errno.ENOMEM, errno.ENOBUFS):
            raise
        keys = i
        break
result = 0
s.settimeout(30)
try:
    s.connect((sys.argv[1], int(sys.argv[2])))
except socket.timeout:
    result = -1
except OSError as error:
    result = error.errno
print(json.dumps({"keys": keys, "errno": result}))
