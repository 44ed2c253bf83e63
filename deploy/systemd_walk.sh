#!/bin/bash
# Installs the package by apt-get in a bare Debian 12 that its own systemd boots,
# and follows the runbook there (runbook_walk.sh).
#
#   systemd_walk.sh PACKAGE.deb FOLDER
#
# Needs root, debootstrap, systemd-container and a Debian mirror; works where
# this machine's first process is no systemd, too. FOLDER is a new one. The machine
# has this one's network: ports 7600 and 7601 have to be free.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
package=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
root=$folder/root

if [ -e "$root" ]; then
  echo "systemd_walk.sh: $root is there already; name a new folder" >&2
  exit 2
fi
debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus bookworm "$root" \
  > "$folder/debootstrap.log"
: > "$root/etc/machine-id"
mkdir -p "$root/mnt/brought"
cp "$here/runbook_walk.sh" "$here/RUNBOOK.md" "$root/mnt/brought"
cp "$package" "$root/mnt/brought/pistis.deb"
# The same with a higher version, to upgrade to.
dpkg-deb -R "$package" "$folder/newer"
sed -i 's/^Version: .*/&+1/' "$folder/newer/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 -b "$folder/newer" "$root/mnt/brought/newer.deb"

# A mount namespace with nothing but cgroups of version 2, and a control group of
# its own in it.
unshare --mount --propagation private bash -c '
  set -eu
  umount -R -l /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mkdir -p "/sys/fs/cgroup/pistis-walk-$$"
  echo $$ > "/sys/fs/cgroup/pistis-walk-$$/cgroup.procs"
  mount -t tmpfs tmpfs /run
  mkdir -p /run/systemd
  exec systemd-nspawn --quiet --register=no --keep-unit --console=read-only \
    --directory="$1" --boot' boot "$root" < /dev/null > "$folder/boot.log" 2>&1 &
nspawn=$!

inside() {
  nsenter --target "$(pgrep -P "$nspawn" | head -1)" --mount --uts --ipc --pid \
    --cgroup --root --wd env -i HOME=/root TERM=dumb LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash -c "cd /root; $1"
}
end() {
  inside "systemctl poweroff" > /dev/null 2>&1 || true
  wait "$nspawn" || true
  for group in /sys/fs/cgroup{,/unified}/"pistis-walk-$nspawn"; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
  done
}
trap end EXIT

for _ in $(seq 60); do
  state=$(inside "systemctl is-system-running" 2> /dev/null || true)
  if [ "$state" = running ] || [ "$state" = degraded ]; then break; fi
  sleep 1
done
echo "systemd is $state"
inside "cp /mnt/brought/*.deb . &&
  apt-get update -q > apt.log && apt-get install -y -q ./pistis.deb >> apt.log &&
  systemd-analyze security --no-pager --threshold=20 pistisd | tail -1"
inside "bash /mnt/brought/runbook_walk.sh /mnt/brought/RUNBOOK.md newer.deb"
