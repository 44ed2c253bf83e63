#!/bin/sh
# Fails on C++ that clang-format would write differently.
#   format.sh [CLANG_FORMAT]
set -eu
cd "$(dirname "$0")/../.."
git -c safe.directory='*' ls-files -z --cached --others \
  --exclude-standard -- '*.h' '*.cc' |
  xargs -0 -r sh -c 'for file; do [ ! -f "$file" ] || printf "%s\0" "$file"; done' sh |
  xargs -0 -r "${1:-clang-format}" --dry-run -Werror
