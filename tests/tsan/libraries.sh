#!/usr/bin/env bash
# Builds Abseil, Protobuf, RocksDB and gRPC with ThreadSanitizer, of Debian's own
# sources, into build/tsan-libs, where the programs of the preset `tsan` find
# them in place of the installed ones. An hour on two cores; what is there is not
# built again.
#
# Usage: tests/tsan/libraries.sh [absl|protobuf|rocksdb|grpc]...
#
# The installed libraries of the same version give headers and are linked with
# (deploy/install_packages.sh); the names are theirs, so that each is loaded once.
# Besides those it needs dpkg-dev and libprotoc-dev.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
libraries=$root/build/tsan-libs
work=$root/build/tsan-work
mkdir -p "$libraries" "$work/apt/lists/partial" "$work/apt/cache/archives/partial"

# apt-get with the sources of wherever packages come from, and folders of its
# own: nothing of the system's changes, and nobody need be root.
sources_apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$work/apt/sources.list" \
    -o Dir::Etc::sourceparts="$work/apt/parts" \
    -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" \
    -o APT::Sandbox::User=root "$@"
}

# unpack PACKAGE: prints the folder.
unpack() {
  if [[ ! -d $work/apt/parts ]]; then
    mkdir -p "$work/apt/parts"
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
      sed -n 's/^deb /deb-src /p' >"$work/apt/sources.list" || true
    for file in /etc/apt/sources.list.d/*.sources; do
      [[ -e $file ]] || continue
      sed 's/^Types:.*/Types: deb-src/' "$file" \
        >"$work/apt/parts/$(basename "$file")"
    done
    sources_apt update
  fi
  (cd "$work" && sources_apt source "$1" >"$work/$1.fetched" 2>&1)
  echo "$work"/"$1"-[0-9]*/
}

# build FOLDER NAME TARGETS [CMAKE OPTION]...
build() {
  local source=$1 name=$2 targets=$3
  shift 3
  cmake -S "$source" -B "$work/$name" -G Ninja -DCMAKE_BUILD_TYPE=None \
    -DBUILD_SHARED_LIBS=ON -DBUILD_TESTING=OFF -DCMAKE_SKIP_RPATH=ON \
    -DCMAKE_CXX_STANDARD=17 -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" \
    -DCMAKE_C_COMPILER_LAUNCHER="$launcher" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" "$@" >"$work/$name.configured"
  # shellcheck disable=SC2086  # several targets
  cmake --build "$work/$name" --target $targets
}

# take NAME SONAME...: copies what was built under the names that are loaded.
take() {
  local name=$1 soname found
  shift
  for soname in "$@"; do
    found=$(find "$work/$name" -name "${soname%%.so*}.so*" -type f | head -1)
    cp "$found" "$libraries/$soname"
  done
}

flags="-fsanitize=thread -fno-omit-frame-pointer -O1 -g1 -w -DNDEBUG"
launcher=$(command -v ccache || true)

build_absl() {
  build "$(unpack abseil)" absl all
  local path
  for path in $(find "$work/absl" -name 'libabsl_*.so.*' -type f); do
    take absl "$(basename "$path" | sed 's/\(.so.[0-9]*\).*/\1/')"
  done
}

build_protobuf() {
  build "$(unpack protobuf)" protobuf libprotobuf \
    -Dprotobuf_BUILD_TESTS=OFF -Dprotobuf_BUILD_PROTOC_BINARIES=OFF \
    -DCMAKE_SHARED_LINKER_FLAGS=-Wl,-soname,libprotobuf.so.32
  take protobuf libprotobuf.so.32
}

build_rocksdb() {
  build "$(unpack rocksdb)" rocksdb rocksdb-shared \
    -DROCKSDB_BUILD_SHARED=ON -DWITH_TESTS=OFF -DWITH_TOOLS=OFF \
    -DWITH_CORE_TOOLS=OFF -DWITH_BENCHMARK_TOOLS=OFF -DWITH_GFLAGS=OFF \
    -DWITH_LZ4=ON -DWITH_SNAPPY=ON -DWITH_ZLIB=ON -DWITH_ZSTD=ON -DWITH_BZ2=ON \
    -DPORTABLE=ON -DUSE_RTTI=ON -DFAIL_ON_WARNINGS=OFF -DWITH_LIBURING=OFF
  take rocksdb librocksdb.so.7.8
}

# Said to be cross-compiled, so that it takes the installed protoc and plugin.
build_grpc() {
  build "$(unpack grpc)" grpc "grpc++ grpc++_reflection" \
    -DCMAKE_SYSTEM_NAME=Linux -DgRPC_INSTALL=OFF -DgRPC_BUILD_TESTS=OFF \
    -DgRPC_ABSL_PROVIDER=package -DgRPC_CARES_PROVIDER=package \
    -DgRPC_PROTOBUF_PROVIDER=package -DgRPC_RE2_PROVIDER=package \
    -DgRPC_SSL_PROVIDER=package -DgRPC_ZLIB_PROVIDER=package \
    -DgRPC_BACKWARDS_COMPATIBILITY_MODE=OFF
  take grpc libgpr.so.29 libgrpc.so.29 libupb.so.29 libaddress_sorting.so.29 \
    libgrpc++.so.1.51 libgrpc++_reflection.so.1.51
}

(($#)) || set -- absl protobuf rocksdb grpc
for library in "$@"; do
  "build_$library"
done
