#!/bin/sh
# Runs clang-tidy, two files at a time, over the given files or over every
# C++ file that is compiled. By hand: it takes minutes.
#   clang_tidy.sh [FILE.cc...]
# BUILD names the build folder, relative to the root (build/release).
set -eu
files=$(for file; do realpath "$file"; done)
cd "$(dirname "$0")/../.."
build=${BUILD:-build/release}
if [ ! -f "$build/compile_commands.json" ]; then
  echo "clang_tidy.sh: configure first: cmake --preset release" >&2
  exit 2
fi
if [ -z "$files" ]; then
  files=$(git -c safe.directory='*' ls-files --cached --others \
    --exclude-standard -- '*.cc' |
    while read -r file; do
      if grep -qF "$PWD/$file\"" "$build/compile_commands.json"; then
        echo "$file"
      fi
    done)
fi
# Clang cannot read the headers that GCC precompiled.
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
sed -E 's/ -Winvalid-pch| -fpch-preprocess| -include [^ ]*cmake_pch\.hxx//g' \
  "$build/compile_commands.json" >"$commands/compile_commands.json"
echo "$files" | xargs -r -P 2 -n 1 clang-tidy -p "$commands" --quiet
