#!/bin/bash
# Follows the runbook on this machine, with the runbook's own commands: first
# start, keys, a program, TLS, a till with a certificate, doctor, backup, a lost
# disk, restore, upgrade, removal. Changes the machine: for one that is thrown
# away, where the package was just installed.
#
#   runbook_walk.sh RUNBOOK.md NEWER.deb      as root; ends at what is not so
set -euo pipefail
runbook=$(realpath "$1")
newer=$(realpath "$2")
export HOME=/root
cd /root
trap 'echo "runbook_walk.sh: line $LINENO: not so: $BASH_COMMAND" >&2' ERR
set -E

# follow SECTION N [SED]...: runs the Nth block of commands of a section, with
# its placeholders filled in.
follow() {
  local section=$1 number=$2 fill=() code
  shift 2
  for each in "$@"; do fill+=(-e "$each"); done
  code=$(awk -v section="## $section" -v number="$number" '
    /^## / { inside = $0 == section }
    inside && /^```/ { open = !open; count += open; next }
    inside && open && count == number' "$runbook" | sed -e '' "${fill[@]}")
  if [ -z "$code" ]; then
    echo "the runbook has no block $number in \"$section\"" >&2
    return 1
  fi
  printf '\n--- %s\n%s\n---\n' "$section" "$code"
  eval "$code"
}

refused() {
  if "$@"; then
    echo "this should have been refused: $*" >&2
    return 1
  fi
}

[ "$(stat -c '%U %a' /var/lib/pistis)" = "pistis 700" ]
[ "$(stat -c '%U:%G %a' /etc/pistis/tls)" = "root:pistis 750" ]

follow "First start" 1 | tee first_start
first=$(sed -n "s/.*owner's key, shown this once: //p" first_start | tail -1)
follow "First start" 2 's/  *#.*//' \
  "0,/PISTIS_KEY=\.\.\./s//PISTIS_KEY=$first/" \
  's/PISTIS_KEY=\.\.\./PISTIS_KEY=$(grep ^pistis_ made)/' \
  's/^pistis key create.*/& > made/' \
  "s/KEY_ID/$(echo "$first" | cut -d_ -f2)/"
refused pistis --key "$first" key list
follow "Open a program" 1

follow "Networks and TLS" 1
(cd pistis-ca && cp ca.pem server.pem server.key crl.pem /etc/pistis/tls)
edit_options() {
  sed -i -e 's/^# tls_/tls_/' \
    -e 's/^grpc_address.*/grpc_address = "0.0.0.0:7600"/' /etc/pistis/pistisd.conf
}
follow "Networks and TLS" 2 '/^editor/{N;s/.*/edit_options/}'
grep -q '^tls_crl' /etc/pistis/pistisd.conf
pistis key list
follow "Keys and roles" 1
echo "127.0.0.1 pistis.example.org" >> /etc/hosts
follow "A till with a certificate" 1

owner_key=$PISTIS_KEY
at_the_till() { (unset PISTIS_KEY PISTIS_CA && cd pistis-ca && "$@"); }
at_the_till follow "A till with a certificate" 2
sell() {
  at_the_till follow "A till with a certificate" 2 '/^till member create/d' \
    "s/harbour-1-0001/$1/"
}
pistis --program corner-shop order show harbour-1-0001
echo "$owner_key" > owner.key
chmod 600 owner.key

follow "Back up" 1
follow "Doctor" 1 | tee doctor
grep -q '^ok *role *owner$' doctor
command -v rsync > /dev/null || rsync() {
  shift
  while [ "$1" = --exclude ]; do shift 2; done
  mkdir -p "$2" && cp -a "$1." "$2"
}
follow "Back up" 2 's|backup.example.org:pistis-backups/|/root/elsewhere/|'
sell after-the-backup

# The disk is lost, and the service is started all the same.
systemctl stop pistisd
rm -rf /var/lib/pistis/*
systemctl start pistisd
refused pistis --program corner-shop order show harbour-1-0001
rm -rf /var/lib/pistis/backups
follow "Restore" 1 's|backup.example.org:pistis-backups/|/root/elsewhere/|'
follow "Restore" 2 's/NAME/before-upgrade/'
pistis --program corner-shop order show harbour-1-0001
refused pistis --program corner-shop order show after-the-backup
sell after-the-backup
sell harbour-1-0001
pistis --program corner-shop account show "$(pistis --program corner-shop \
  member list --json | sed 's/.*"member_id":"\([^"]*\)".*/\1/')" | grep -w 24
pistis --program corner-shop verify

# Only a service manager starts what was killed, and lets rest what cannot run.
if [ -d /run/systemd/system ]; then
  before=$(systemctl show -P MainPID pistisd)
  kill -9 "$before"
  until [ "$(systemctl show -P MainPID pistisd)" -gt 0 ] &&
    [ "$(systemctl show -P MainPID pistisd)" != "$before" ] &&
    systemctl --quiet is-active pistisd; do sleep 0.2; done
  pistis --program corner-shop order show after-the-backup > /dev/null
  echo 'no_such_option = "1"' >> /etc/pistis/pistisd.conf
  refused systemctl restart pistisd
  sleep 5
  [ "$(systemctl is-failed pistisd)" = failed ]
  journalctl -u pistisd | grep no_such_option | tail -1
  sed -i /no_such_option/d /etc/pistis/pistisd.conf
  systemctl start pistisd
  refused grep "mode is different" <(journalctl -u pistisd)
fi

# An upgrade keeps the options and the data.
cp /etc/pistis/pistisd.conf options
dpkg -i "$newer"
cmp options /etc/pistis/pistisd.conf
# Without a service manager the package leaves that to the operator.
if [ -d /run/systemd/system ]; then
  journalctl -u pistisd | tail -8
else
  systemctl restart pistisd
fi
sell after-the-upgrade

follow "A key leaked" 1 's/NAME/corner-shop-harbour-1/'
for _ in $(seq 30); do
  if ! sell with-a-revoked-certificate; then break; fi
  sleep 1
done > revoked 2>&1
refused sell with-a-revoked-certificate

systemctl stop pistisd
dpkg --purge pistis
[ -d /var/lib/pistis/data ]
[ -e /etc/pistis/tls/server.key ]
[ ! -e /etc/pistis/pistisd.conf ]
getent passwd pistis
printf '\nthe runbook holds\n'
