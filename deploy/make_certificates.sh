#!/bin/sh
# Certificates of one's own for a Pistis server and its tills, by openssl.
#
#   make_certificates.sh DIR ca
#   make_certificates.sh DIR server NAME...        host names and addresses
#   make_certificates.sh DIR till PROGRAM STORE TERMINAL
#   make_certificates.sh DIR revoke FILE           a certificate it made
#
# DIR gets ca.pem (give it to tills and to --tls_client_ca), server.pem and
# server.key (--tls_cert, --tls_key), PROGRAM-STORE-TERMINAL.pem and .key, and
# crl.pem (--tls_crl). Keep DIR/ca.key to yourself. DAYS says how long
# certificates are valid: 825 by default, the CA's ten years.
set -eu

fail() {
  echo "make_certificates.sh: $1" >&2
  exit 2
}

[ $# -ge 2 ] || fail "DIR and one of ca, server, till, revoke are wanted"
dir=$1
what=$2
shift 2
days=${DAYS:-825}
# Paths are those of where it was called.
file=
if [ "$what" = revoke ]; then
  [ $# -eq 1 ] || fail "a certificate's file is wanted"
  [ -f "$1" ] || fail "$1 is no file"
  file=$(realpath -- "$1")
fi
umask 077
mkdir -p "$dir"
cd "$dir"

write_config() {
  cat > ca.cnf << END
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
serial = serial
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 3650
unique_subject = no
policy = any
[any]
commonName = supplied
END
}

# make NAME EXTENDED_USE ALTERNATIVE_NAMES
make() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2> openssl.log
  printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=%s\nsubjectAltName=%s\n' \
    "$2" "$3" > "$1.ext"
  openssl ca -batch -notext -config ca.cnf -days "$days" -extfile "$1.ext" \
    -in "$1.csr" -out "$1.new" 2> openssl.log ||
    { cat openssl.log >&2; exit 1; }
  mv "$1.new" "$1.pem"
  rm -f "$1.csr" "$1.ext"
  echo "$dir/$1.pem $dir/$1.key"
}

# True where the certificate in the file was revoked or has expired.
is_over() {
  openssl x509 -in "$1" -noout -checkend 0 > openssl.log 2>&1 || return 0
  serial_of_it=$(openssl x509 -in "$1" -noout -serial)
  grep -q "^R.*	${serial_of_it#serial=}	" index.txt
}

write_crl() {
  openssl ca -gencrl -config ca.cnf -out crl.new 2> openssl.log
  mv crl.new crl.pem
}

write_config
case $what in
  ca)
    [ ! -e ca.key ] || fail "there is a CA in $dir"
    : > index.txt
    echo 1000 > crlnumber
    openssl rand -hex 16 > serial
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
      -keyout ca.key -out ca.pem -days 3650 -subj "/CN=Pistis CA" \
      -addext "keyUsage=critical,keyCertSign,cRLSign" 2> openssl.log
    write_crl
    echo "$dir/ca.pem"
    ;;
  server)
    [ $# -ge 1 ] || fail "a host name or address is wanted"
    names=
    for name in "$@"; do
      case $name in
        *:*) names="$names,IP:$name" ;;
        *[!0-9.]*) names="$names,DNS:$name" ;;
        *) names="$names,IP:$name" ;;
      esac
    done
    make server serverAuth "${names#,}"
    ;;
  till)
    [ $# -eq 3 ] || fail "PROGRAM STORE TERMINAL are wanted"
    case "$1$2$3" in
      *[!A-Za-z0-9._-]*) fail "letters, digits, '.', '_' and '-' are wanted" ;;
    esac
    if [ -e "$1-$2-$3.pem" ] && ! is_over "$1-$2-$3.pem"; then
      fail "$dir/$1-$2-$3.pem is good still: revoke it, or call this till otherwise"
    fi
    make "$1-$2-$3" clientAuth "URI:pistis://$1/$2/$3"
    ;;
  revoke)
    serial=$(openssl x509 -in "$file" -noout -serial)
    # Revoked before, where writing the list failed.
    openssl ca -config ca.cnf -revoke "$file" 2> openssl.log ||
      grep -q "Already revoked" openssl.log ||
      { cat openssl.log >&2; exit 1; }
    write_crl
    echo "$dir/crl.pem, with $serial"
    ;;
  *) fail "\"$what\" is none of ca, server, till, revoke" ;;
esac
rm -f openssl.log
