#!/bin/bash
# Makes the container's image from the package, and lets podman run the pods of
# kubernetes.yaml and kubernetes_repair.yaml from it (kubernetes_walk.py).
#
#   kubernetes_walk.sh PACKAGE.deb FOLDER
#
# Needs root, debootstrap, buildah, podman, crun, catatonit, python3-yaml, openssl
# and a Debian mirror; neither a registry nor a cluster. FOLDER is a new one. Images,
# pods and network are apart from those of this machine.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
if [ -e "$folder/store" ]; then
  echo "kubernetes_walk.sh: $folder/store is there already; name a new folder" >&2
  exit 2
fi
stores="--root $folder/store --runroot $folder/run"

debootstrap --variant=minbase bookworm "$folder/root" > "$folder/debootstrap.log"
base=$(buildah $stores from scratch)
tar -C "$folder/root" -cf "$folder/root.tar" .
buildah $stores add "$base" "$folder/root.tar" / > /dev/null
buildah $stores commit -q "$base" debian:bookworm-slim > /dev/null
rm -rf "$folder/root" "$folder/root.tar"

# The Containerfile's second half; its first, which compiles, made the package.
mkdir -p "$folder/context/package"
cp "$package" "$folder/context/package"
{
  printf 'FROM scratch AS build\nCOPY package/*.deb /package/\n'
  sed -n '/^FROM debian:bookworm-slim/,$p' "$here/Containerfile"
} > "$folder/context/Containerfile"
buildah $stores bud --isolation chroot --pull-never -t pistis:0.1.0 \
  -f "$folder/context/Containerfile" "$folder/context" > "$folder/build.log" 2>&1
echo "the image is made"

# crun wants control groups of one version.
exec unshare --net --mount --propagation private bash -c '
  set -eu
  ip link set lo up
  if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
  exec python3 -B "$1" "$2"' walk "$here/kubernetes_walk.py" "$folder"
