# Somebody works over a connection, as over SSH: session.py PORT listens and runs every line that a caller sends as a shell command, in a
# child of its own, and sends back a line of JSON {"code"}. Prints {"ready": true}, then {"code", "stdout", "stderr"} for each command,
# whether or not the caller could be told. Ends with its standard input.
import json, os, socket, subprocess, sys, threading


def serve(connection):
    try:
        for line in connection.makefile("r"):
            # Through a shell, as a person would: the command is a grandchild.
            ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            print(json.dumps({"code": ran.returncode, "stdout": ran.stdout, "stderr": ran.stderr}), flush=True)
            connection.sendall((json.dumps({"code": ran.returncode}) + "\n").encode())
    except OSError:
        pass  # cut


def end():
    sys.stdin.read()
    os._exit(0)


server = socket.create_server(("0.0.0.0", int(sys.argv[1])))
print(json.dumps({"ready": True}), flush=True)
threading.Thread(target=end, daemon=True).start()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
