#!/bin/sh
# Installs what building and testing need on Debian 12, by name. Does nothing,
# and needs neither network nor root, when all of it is there.
set -eu

packages="
  build-essential g++ cmake ninja-build ccache mold lld pkg-config
  git ca-certificates tzdata python3 clang-format file
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
  librocksdb-dev libabsl-dev libre2-dev libssl-dev openssl zlib1g-dev
  libyaml-cpp-dev libcli11-dev libjemalloc-dev libsystemd-dev libspdlog-dev libfmt-dev
  libboost-dev libboost-math-dev libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  postgresql libpq-dev
  prometheus-cpp-dev prometheus
  libcurl4-openssl-dev librdkafka-dev python3-aiosmtpd python3-kubernetes
  libpango1.0-dev libcairo2-dev libqrencode-dev fonts-dejavu-core
"

missing=""
for package in $packages; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and installing them needs root or sudo:" >&2
    echo " $missing" >&2
    exit 1
  fi
  as_root="sudo"
fi

echo "Installing:$missing"
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q
  -o DPkg::Lock::Timeout=300"
if ! $apt update || ! $apt install -y --no-install-recommends $missing; then
  echo "apt-get could not install the packages above. Is this Debian 12, with" >&2
  echo "network and a free package lock?" >&2
  exit 1
fi

# Of prometheus its promtool is wanted, for the tests of the alerts, and no
# service.
case "$missing " in
  *" prometheus "*)
    $as_root service prometheus stop > /dev/null 2>&1 || true
    $as_root update-rc.d prometheus disable > /dev/null 2>&1 || true
    ;;
esac
