# Somebody works at a window over a connection, as over SSH with X11: over-a-connection.py PORT NETNS CMD ARG... takes one call at the port,
# reads from it until its end and runs the command below itself, in another network namespace. Ends with the command, and ends it on SIGTERM.
import signal, socket, subprocess, sys, threading


def listen(connection):
    try:
        while connection.recv(4096):
            pass
    except OSError:
        pass  # cut
    connection.close()


port, namespace, *command = sys.argv[1:]
server = socket.create_server(("0.0.0.0", int(port)))
connection, _ = server.accept()
threading.Thread(target=listen, args=(connection,), daemon=True).start()
child = subprocess.Popen(["nsenter", f"--net={namespace}", *command])
signal.signal(signal.SIGTERM, lambda *_: child.terminate())
sys.exit(child.wait())
