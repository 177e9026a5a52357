#!/bin/sh
# Files that were sealed long ago open still, and those in t/data with one fault each do not, here or with age(1).
. "${0%/*}/tap.sh"

data=$top/t/data
echo 'kept since the first release' >content
is_content() { cmp - content; }
opens() { mm-seal -d "$@" | is_content; }
refuses() { mm-seal -d -i "$data/age-identity" <"$1" >opened; }
age_refuses() { age -d -i "$data/age-identity" "$1" >opened_by_age; }

with_identity() { opens -i "$data/age-identity" <"$data/good-age-x25519.asc"; }
with_passphrase() { opens -p "$data/age-passphrase" <"$data/good-age-scrypt.asc"; }
ok 'good-age-x25519 opens' with_identity
ok 'good-age-scrypt opens' with_passphrase
for bad in "$data"/bad-age-*.asc; do
	name=${bad##*/}
	exits 1 "${name%.asc} is refused" refuses "$bad"
	is 0 "$(wc -c <opened)" '... and nothing of it written'
	exits 1 '... as age refuses it' age_refuses "$bad"
done
done_testing
