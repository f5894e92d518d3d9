#!/usr/bin/env bash
# Packages:  charset-normalizer 3.5.3 from PyPI (what requests and many others tell encodings with).
# Behaviour: it names the language of a text rightly, and decodes the text with a code page in which that language can't
#            be written: French with Baltic letters, Portuguese with Polish and Romanian ones, Polish with œ and æ. More of the same
#            text changes nothing. A page is judged by how odd its letters look together, and the language found does
#            not speak against a page without its letters.
# Guess:     whoever knows that it is French knows that the letter is an ù and not an ł.
# Seen:      four or five lines each of French and Portuguese in windows-1252 and Polish in windows-1250: see `expect`.
# Date:      2026-11-29
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check charset-normalizer==3.5.3 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >told.py <<'PY'
import sys
from charset_normalizer import from_bytes

LINES = {
    "cp1252.fr": "Où êtes-vous allés hier soir ?\nÇa m'est égal, à vrai dire.\nLa forêt brûle déjà là-bas.\n"
    "Je n'ai rien à te dire, désolé.\nIl était une fois un garçon très fatigué.\n",
    "cp1252.pt": "Não sei o que dizer.\nVocê está bem?\nAmanhã irei à praia, então.\nMeu coração está partido.\n"
    "É só isso, irmão?\n",
    "cp1250.pl": "Cześć, jak się masz?\nNie wiem, co ci powiedzieć, żałuję.\nŁódź płynie.\nGdzie jest mój brat?\n",
}
page, times = sys.argv[1].partition(".")[0], int(sys.argv[2])
best = from_bytes(LINES[sys.argv[1]].encode(page) * times).best()
print(f"{best.language} in {best.encoding}: {str(best).splitlines()[1]}")
PY
for times in 1 50; do
  expect "French in windows-1252, $times times" "French in cp1257: Ēa m'est égal, ą vrai dire." \
    "$(env/bin/python told.py cp1252.fr $times)"
  expect "Portuguese in windows-1252, $times times" 'Portuguese in cp1250: Vocę está bem?' \
    "$(env/bin/python told.py cp1252.pt $times)"
  expect "Polish in windows-1250, $times times" 'Polish in cp1252: Nie wiem, co ci powiedzieæ, ¿a³ujê.' \
    "$(env/bin/python told.py cp1250.pl $times)"
done
