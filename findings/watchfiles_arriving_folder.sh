#!/usr/bin/env bash
# Packages:  watchfiles 1.3.0 from PyPI, on Linux, where it watches by inotify unless told to poll.
# Behaviour: a folder that is moved or renamed into a watched tree is told of as one `added`, the folder itself; the films
#            in it are told of by nothing, then or later, though what is added to it afterwards is. The same library with
#            `force_polling=True` tells of each. A folder that goes is told of as one `deleted` in the one and by every
#            file in the other. So who keeps a list of films by the events has a list that depends on the way of watching.
# Guess:     `watch` is recursive, so every file that comes to lie under its folder is told of.
# Seen:      a shelf of two files moved in, then a third file added to it, then the shelf renamed: see `expect` below.
# Date:      2026-11-29
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
[ "$(uname -s)" = Linux ] || { echo 'needs Linux'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check watchfiles==1.3.0 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >told.py <<'PY'
"""What is told of a shelf that is moved in, of a file added to it, and of its new name: `told.py POLLING`."""
import pathlib, sys, tempfile, threading
from watchfiles import Change, watch

polling = sys.argv[1] == "yes"
library, elsewhere = (pathlib.Path(tempfile.mkdtemp(dir=".")).resolve() for _ in range(2))
told, changed, stop = [], threading.Condition(), threading.Event()

def listen():
    found = watch(library, stop_event=stop, force_polling=polling, poll_delay_ms=50, rust_timeout=100, yield_on_timeout=True)
    for changes in found:
        with changed:
            # A folder is also told of as modified when polled, and each marker is ours.
            told.extend((c.name, pathlib.Path(path).relative_to(library)) for c, path in changes if c != Change.modified)
            changed.notify_all()

def after(action):
    """The changes told of from the action on, until a marker that was made after it is told of."""
    told.clear()
    action()
    for attempt in range(100):
        # Anew each time: the watcher tells of nothing that happened before it had begun.
        marker = library / f"marker-{len(list(library.iterdir()))}-{attempt}"
        marker.touch()
        with changed:
            if changed.wait_for(lambda: any(path.name == marker.name for _, path in told), timeout=0.5):
                break
    else:
        sys.exit("the watcher tells of nothing")
    return " ".join(sorted(f"{kind}:{path}" for kind, path in told if not path.name.startswith("marker"))) or "nothing"

threading.Thread(target=listen, daemon=True).start()
after(lambda: None)
shelf = elsewhere / "shelf"
shelf.mkdir()
(shelf / "film.mkv").touch()
(shelf / "film.srt").touch()
print("moved in:", after(lambda: shelf.rename(library / "shelf")))
print("a file more:", after((library / "shelf" / "late.mkv").touch))
print("renamed:", after(lambda: (library / "shelf").rename(library / "series")))
stop.set()
PY
expect 'told of by inotify' 'moved in: added:shelf
a file more: added:shelf/late.mkv
renamed: added:series deleted:shelf' "$(env/bin/python told.py no)"
expect 'told of by polling' 'moved in: added:shelf added:shelf/film.mkv added:shelf/film.srt
a file more: added:shelf/late.mkv
renamed: added:series added:series/film.mkv added:series/film.srt added:series/late.mkv deleted:shelf deleted:shelf/film.mkv deleted:shelf/film.srt deleted:shelf/late.mkv' "$(env/bin/python told.py yes)"
