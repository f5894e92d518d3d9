#!/bin/sh
# Party in a folder of its own: the steps by which the image is made, and good for a machine without one.
#
#   deploy/install.sh dependencies /opt/party    what Party needs, by requirements.lock, into /opt/party
#   deploy/install.sh dependencies /opt/party otel      the same with what traces need (requirements-otel.lock)
#   deploy/install.sh application /opt/party     Party itself, from this checkout
#
# Needs Python 3.11 or newer with venv; another one than python3 is named by PYTHON. Then /opt/party/bin has
# the programs of the Procfile, and /opt/party/app is the folder in which its commands are run.
set -eu

step=${1:?the step: dependencies or application}
target=${2:?the folder}
source=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
pip="$target/bin/python -m pip --disable-pip-version-check"

case $step in
dependencies)
    case ${3:-} in
    '') lock=requirements.lock ;;
    otel) lock=requirements-otel.lock ;;
    *)
        echo "install.sh: the extra is otel, not $3" >&2
        exit 2
        ;;
    esac
    [ -x "$target/bin/python" ] || "${PYTHON:-python3}" -m venv "$target"
    $pip install --quiet --no-compile --require-hashes --requirement "$source/$lock"
    ;;
application)
    # What builds it is locked too, so nothing is fetched here.
    $pip install --quiet --no-compile --no-deps --no-build-isolation "$source"
    mkdir -p "$target/app"
    cp "$source/Procfile" "$source/wsgi.py" "$target/app/"
    # A process that may not write beside its code would compile it at each start.
    "$target/bin/python" -m compileall -q "$target/lib" "$target/app" || true
    ;;
*)
    echo "install.sh: the step is dependencies or application, not $step" >&2
    exit 2
    ;;
esac
