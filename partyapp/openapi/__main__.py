"""Writes the documents that are checked in: docs/openapi.json, and docs/asyncapi.json with `--asyncapi`.

`python -m partyapp.openapi > docs/openapi.json`
"""

import argparse
import sys
from pkgutil import resolve_name

from partyapp.openapi.asyncapi import asyncapi_text
from partyapp.openapi.document import openapi_text


def main() -> None:
    """Write one document to the standard output."""
    options = argparse.ArgumentParser(
        prog="python -m partyapp.openapi",
        description="Write the description of the service to the standard output.",
    )
    options.add_argument("--asyncapi", action="store_true", help="of its WebSockets, instead of OpenAPI")
    options.add_argument(
        "--description", default="partyapp.description:DESCRIPTION", metavar="MODULE:NAME", help="%(default)s"
    )
    given = options.parse_args()
    description = resolve_name(given.description)
    sys.stdout.write(asyncapi_text(description) if given.asyncapi else openapi_text(description))


if __name__ == "__main__":
    main()
