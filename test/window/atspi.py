# What a screen reader is told: reads the accessibility tree of one process through at-spi2 and notes its events. One JSON object a line:
# {"id", "do": "tree" | "focus" | "events"} comes in, {"id", "result"} goes out.
import json
import os
import sys

# Everything is asked for anew, every time. What libatspi keeps it amends only by events that somebody listens for: names, states and whole
# branches of the tree would be told as they were.
os.environ["ATSPI_NO_CACHE"] = "1"
import gi  # noqa: E402

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

pid = int(sys.argv[1])
events = []
# What got the focus last.
focused = [None]

interesting = (
    Atspi.StateType.FOCUSED,
    Atspi.StateType.CHECKED,
    Atspi.StateType.SELECTED,
    Atspi.StateType.EXPANDED,
    Atspi.StateType.EXPANDABLE,
    Atspi.StateType.ENABLED,
    Atspi.StateType.SHOWING,
    Atspi.StateType.ACTIVE,
    Atspi.StateType.MODAL,
    Atspi.StateType.PRESSED,
)


def application():
    desktop = Atspi.get_desktop(0)
    for at in range(desktop.get_child_count()):
        app = desktop.get_child_at_index(at)
        try:
            if app is not None and app.get_process_id() == pid:
                return app
        except GLib.Error:
            continue
    return None


def about(node):
    states = node.get_state_set()
    described = {
        "role": node.get_role_name(),
        "name": node.get_name(),
        "states": [state.value_nick for state in interesting if states.contains(state)],
    }
    attributes = node.get_attributes() or {}
    for name in ("container-live", "live"):
        if name in attributes:
            described[name] = attributes[name]
    return described


def tree(node, depth=0):
    if depth > 60:
        return None
    described = about(node)
    children = []
    for at in range(node.get_child_count()):
        child = node.get_child_at_index(at)
        if child is None:
            continue
        try:
            inner = tree(child, depth + 1)
        except GLib.Error:
            continue  # gone meanwhile
        if inner is not None:
            children.append(inner)
    described["children"] = children
    return described


def heard(event):
    try:
        source = event.source
        if source is None or source.get_process_id() != pid:
            return
        if event.type.startswith("object:state-changed:focused") and event.detail1 == 1:
            focused[0] = source
        detail = event.any_data
        told = {"type": event.type, "detail1": event.detail1, **about(source)}
        if isinstance(detail, str):
            told["text"] = detail
        elif isinstance(detail, Atspi.Accessible):
            told["child"] = about(detail)
        events.append(told)
    except (GLib.Error, TypeError):
        pass


def answer(request):
    what = request["do"]
    if what == "tree":
        app = application()
        if app is None:
            return None
        return tree(app)
    if what == "focus":
        node = focused[0]
        if node is None:
            return None
        try:
            return {**about(node), "id": node.path}
        except GLib.Error:
            return None  # gone meanwhile
    if what == "events":
        since = events[:]
        events.clear()
        return since
    raise ValueError(what)


def read(channel, _condition):
    line = sys.stdin.readline()
    if line == "":
        Atspi.event_quit()
        return False
    request = json.loads(line)
    try:
        reply = {"id": request["id"], "result": answer(request)}
    except GLib.Error as error:
        reply = {"id": request["id"], "error": str(error)}
    print(json.dumps(reply), flush=True)
    return True


listener = Atspi.EventListener.new(heard)
for kind in (
    "object:state-changed:focused",
    "object:state-changed:showing",
    "object:children-changed:add",
    "object:text-changed:insert",
    "object:announcement",
    "window:activate",
):
    listener.register(kind)
GLib.io_add_watch(GLib.IOChannel.unix_new(sys.stdin.fileno()), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, read)
print(json.dumps({"id": 0, "result": os.getpid()}), flush=True)
Atspi.event_main()
