# Much traffic, echoed by whoever listens: bulk.py tcp ADDRESS PORT MEGABYTES | udp ADDRESS PORT DATAGRAMS BYTES | tcps ADDRESS PORT CONNECTIONS
# | serve PORT. Prints {"sent", "received"}: bytes of payload; serve prints "serving" and echoes TCP until stdin ends. tcps: many short
# connections. A line on stdin before the end of `tcp` lets it close its connection.
import json, socket, sys, threading

kind, arguments = sys.argv[1], sys.argv[2:]
sent = received = 0


def connect(kind):
    address, port = arguments[0], int(arguments[1])
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    s.settimeout(20)
    s.connect((address, port))
    return s


def stream(s, total):
    global sent, received
    block = bytes(range(256)) * 256

    def write():
        global sent
        while sent < total:
            s.sendall(block)
            sent += len(block)

    writer = threading.Thread(target=write)
    writer.start()
    while received < total:
        received += len(s.recv(1 << 20))
    writer.join()


def echo(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


if kind == "tcp":
    with connect(socket.SOCK_STREAM) as s:
        stream(s, int(arguments[2]) << 20)
        if len(arguments) > 3:
            print("sent", flush=True)
            sys.stdin.readline()
elif kind == "tcps":
    for _ in range(int(arguments[2])):
        with connect(socket.SOCK_STREAM) as s:
            s.sendall(b"x" * 500)
            sent += 500
            while received < sent:
                received += len(s.recv(4096))
elif kind == "udp":
    with connect(socket.SOCK_DGRAM) as s:
        for _ in range(int(arguments[2])):
            sent += s.send(b"x" * int(arguments[3]))
            received += len(s.recv(65536))
elif kind == "serve":
    listener = socket.create_server(("::", int(arguments[0])), family=socket.AF_INET6, dualstack_ipv6=True)
    print("serving", flush=True)

    def accept():
        while True:
            threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
print(json.dumps({"sent": sent, "received": received}))
