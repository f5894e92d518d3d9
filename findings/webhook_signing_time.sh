#!/usr/bin/env bash
# Packages:  standardwebhooks 1.1.0 from PyPI, the reference library of Standard Webhooks (with tzdata 2026.6), and
#            standardwebhooks 1.1.1 from npm as another receiver.
# Behaviour: `sign` puts UTC in the place of the zone that a time has, and does not convert it. An aware time of Berlin is signed as
#            an hour or two later, so whoever sends it with its true `webhook-timestamp` is refused by every receiver: "No
#            matching signature". So is one without a zone, Python's own local time, on a machine that isn't set to UTC. Tests on
#            a machine in UTC pass.
# Guess:     an aware datetime is an instant, whatever its zone; `.timestamp()` of it is what the header says.
# Seen:      one instant in three zones, signed in Python, verified in Python and in Node: see `expect` below.
#            What Party does: it signs times in UTC alone (partyapp/webhook/application/signing.py).
# Date:      2026-11-30
set -euo pipefail
for program in python3 node npm; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0 tzdata==2026.6 || exit 75
npm install --silent --no-fund --no-audit standardwebhooks@1.1.1 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >sign.py <<'PY'
"""Signs a message of this instant, given in a zone or (`local`) in none, and verifies it: `sign.py ZONE`."""
import json, sys
from base64 import b64encode
from datetime import datetime, timezone
from zoneinfo import ZoneInfo
from standardwebhooks import Webhook, WebhookVerificationError

secret = "whsec_" + b64encode(bytes(range(32))).decode()
now = datetime.now(timezone.utc)
given = now.astimezone().replace(tzinfo=None) if sys.argv[1] == "local" else now.astimezone(ZoneInfo(sys.argv[1]))
assert int(given.timestamp()) == int(now.timestamp())
headers = {"webhook-id": "one", "webhook-timestamp": str(int(given.timestamp()))}
headers["webhook-signature"] = Webhook(secret).sign("one", given, "{}")
try:
    Webhook(secret).verify("{}", headers)
    print("accepted,", end=" ", file=sys.stderr)
except WebhookVerificationError as error:
    print(f"{error},", end=" ", file=sys.stderr)
print(json.dumps([secret, headers]))
PY
cat >verify.js <<'JS'
const { Webhook } = require("standardwebhooks");
const [secret, headers] = JSON.parse(require("node:fs").readFileSync(0));
try {
  new Webhook(secret).verify("{}", headers);
  console.log("accepted");
} catch (error) {
  console.log(error.message);
}
JS
signed() { env/bin/python sign.py "$1" 2>told >message; cat told; node verify.js <message; } # by Python's verify, and by Node's
expect 'UTC' 'accepted, accepted' "$(signed UTC)"
expect 'Berlin' 'No matching signature found, No matching signature found' "$(signed Europe/Berlin)"
expect 'New York' 'No matching signature found, No matching signature found' "$(signed America/New_York)"
expect 'no zone, on a machine in UTC' 'accepted, accepted' "$(TZ=UTC signed local)"
expect 'no zone, on one in Berlin' 'No matching signature found, No matching signature found' "$(TZ=Europe/Berlin signed local)"
