#!/usr/bin/env bash
# Packages:  playwright 1.65.2 from PyPI, and the Firefox ESR 153.8 that is installed (Debian's firefox-esr).
# Behaviour: Playwright drives an installed Firefox by WebDriver BiDi (`channel="moz-firefox"`); launching works, but no
#            context can be opened in this ESR: each one begins with `emulation.setMediaFeaturesOverride`, which that Firefox
#            does not know, also where no medium is emulated. The same Firefox opens windows for a plain BiDi client.
# Guess:     a library's driver for a standard protocol works with the extended support release that is current.
# Seen:      Browser.new_context: Protocol error (emulation.setMediaFeaturesOverride): unknown command
# Date:      2026-11-28
set -euo pipefail
firefox=$(command -v firefox-esr) || { echo 'needs firefox-esr'; exit 77; }
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work" || { sleep 2; rm -rf "$work"; }' EXIT # a browser may still be writing
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check playwright==1.65.2 || exit 75
HOME=$work env/bin/python - "$firefox" >seen <<'PY'
import sys
from playwright.sync_api import Error, sync_playwright

with sync_playwright() as playwright:
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=sys.argv[1])
    print("launched", browser.version.split(".")[0])
    for given in ({}, {"color_scheme": "null", "reduced_motion": "null", "forced_colors": "null"}):
        try:
            browser.new_context(**given)
            print("opened")
        except Error as error:
            print(error.message.splitlines()[0])
    browser.close()
PY
cat seen
refused='Browser.new_context: Protocol error (emulation.setMediaFeaturesOverride): unknown command'
[ "$(cat seen)" = "$(printf 'launched 153\n%s\n%s' "$refused" "$refused")" ] || { echo CHANGED >&2; exit 1; }
echo 'as stated'
