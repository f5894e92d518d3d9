#!/usr/bin/env bash
# Packages:  typescript 7.0.2 and typescript 5.9.3 from npm.
# Behaviour: a JSDoc `@typedef` whose union goes on in the next line loses nothing while it is checked, but TypeScript 7
#            writes the comment's leading `*` into the declaration: `"one" | *   "two"`. Both versions check the source
#            without a word; whoever compiles against the .d.ts gets syntax errors. TypeScript 5 leaves the `*` out.
# Guess:     what is checked without an error is written without one.
# Seen:      see `expect` below. What Party does: party-client's declarations are compiled against by a test
#            (tests/e2e/clients/test_js_client.py), and no union of its sources is broken after a `|`.
# Date:      2026-11-29
set -euo pipefail
for program in node npm; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit seven@npm:typescript@7.0.2 five@npm:typescript@5.9.3 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

cat >word.js <<'JS'
/**
 * @typedef {"one" |
 *   "two"} Word
 */

/** @param {Word} word */
export function said(word) {
  return word;
}
JS
cat >user.ts <<'TS'
import { said } from "./word.js";
export const one: string = said("one");
TS

declared() { # the version's folder: the status of checking and writing, the type as it was written, and whether it can be used
  mkdir "$1" && cp user.ts "$1/"
  node "node_modules/$1/bin/tsc" --allowJs --checkJs --strict --declaration --emitDeclarationOnly --outDir "$1" word.js && status=0 || status=$?
  node "node_modules/$1/bin/tsc" --noEmit --strict --module nodenext "$1/user.ts" >"$1/used" 2>&1 && used=yes || used=no
  echo "$status, $(sed -nE 's/^export type Word = (.*);$/\1/p' "$1/word.d.ts"), $used"
}
expect "TypeScript 7" '0, "one" | *   "two", no' "$(declared seven)"
expect "TypeScript 5" '0, "one" | "two", yes' "$(declared five)"
