# no-offload.py DEVICE: the device gets every segment by itself, as a wire carries it; sockets still send many at once. What ethtool -K
# DEVICE tso off gro off does, without ethtool.
import ctypes, fcntl, socket, struct, sys

SIOCETHTOOL, ETHTOOL_STSO, ETHTOOL_SGRO = 0x8946, 0x1F, 0x2C

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for command in (ETHTOOL_STSO, ETHTOOL_SGRO):
        value = ctypes.create_string_buffer(struct.pack("II", command, 0))
        fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sQ", sys.argv[1].encode(), ctypes.addressof(value)).ljust(40, b"\0"))
