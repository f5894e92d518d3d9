#!/bin/sh
# Party in a folder of its own: the steps by which the image is made, and good for a machine without one.
#
#   deploy/install.sh dependencies /opt/party    what Party needs, by requirements.lock, into /opt/party
#   deploy/install.sh dependencies /opt/party otel local    the same with extras: what traces need, and PostgreSQL's
#                                                own programs for `party backup` and `party restore`
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
    shift 2
    for extra in "$@"; do
        case $extra in
        local | otel) ;;
        *)
            echo "install.sh: the extras are local and otel, not $extra" >&2
            exit 2
            ;;
        esac
    done
    [ -x "$target/bin/python" ] || "${PYTHON:-python3}" -m venv "$target"
    $pip install --quiet --no-compile --require-hashes --requirement "$source/requirements.lock"
    for extra in "$@"; do
        $pip install --quiet --no-compile --require-hashes --requirement "$source/requirements-$extra.lock"
    done
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
