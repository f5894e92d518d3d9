"""`python -m partyapp.openapi > docs/openapi.json` writes the description that is checked in."""

import sys

from partyapp.openapi.document import description_text

if __name__ == "__main__":
    sys.stdout.write(description_text())
