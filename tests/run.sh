#!/bin/sh
# Installs what is missing, builds everything, runs every test. Needs Debian 12,
# and root or sudo the first time. Words after it go to ctest: tests/run.sh -R lot
set -eu
cd "$(dirname "$0")/.."

sh deploy/install_packages.sh
cmake --preset release
cmake --build --preset release -j "$(nproc)"
# Some tests wait more than they work.
exec ctest --preset release --output-on-failure -j "$(($(nproc) + 1))" "$@"
