"""Inside the virtual machine: runs what the host asks for over the virtio-serial port "agent".

Host to guest, one JSON object a line: {"id": 1, "command": ["true"], "timeout": 60}
Guest to host: {"ready": true} once, then per command any number of {"id": 1, "stdout": TEXT} and {"id": 1, "stderr": TEXT},
at its end {"id": 1, "code": 0}; a code of null says that the time was up.
"""
import codecs
import glob
import json
import os
import signal
import subprocess
import threading
import time


def port():
    while True:
        for folder in glob.glob("/sys/class/virtio-ports/*"):
            with open(folder + "/name") as name:
                if name.read().strip() == "agent":
                    return os.open("/dev/" + os.path.basename(folder), os.O_RDWR)
        time.sleep(0.05)


fd = port()
sending = threading.Lock()


def send(message):
    data = json.dumps(message).encode() + b"\n"
    with sending:
        while data:
            data = data[os.write(fd, data) :]


def forward(identity, name, stream):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        data = os.read(stream.fileno(), 65536)
        text = decoder.decode(data, not data)
        if text:
            send({"id": identity, name: text})
        if not data:
            return


def run(request):
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    pipe = subprocess.PIPE
    try:
        child = subprocess.Popen(
            request["command"],
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        send({"id": request["id"], "stderr": f"{error}\n"})
        send({"id": request["id"], "code": 127})
        return
    streams = {"stdout": child.stdout, "stderr": child.stderr}
    readers = [threading.Thread(target=forward, args=(request["id"], *item), daemon=True) for item in streams.items()]
    for reader in readers:
        reader.start()
    try:
        code = child.wait(request["timeout"])
        code = code if code >= 0 else 128 - code
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        code = None
    for reader in readers:
        reader.join(5)  # what it left behind may hold the pipe
    send({"id": request["id"], "code": code})


send({"ready": True})
buffer = b""
while True:
    chunk = os.read(fd, 65536)
    if not chunk:
        time.sleep(0.05)
        continue
    *lines, buffer = (buffer + chunk).split(b"\n")
    for line in lines:
        threading.Thread(target=run, args=(json.loads(line),), daemon=True).start()
