#!/bin/sh
# What mm-seal writes age(1) opens, and the other way round, for every type of key; nobody is locked in.
. "${0%/*}/tap.sh"

umask 077
age-keygen -o key 2>keygen_said
age-keygen -o other 2>keygen_said
ssh-keygen -q -t ed25519 -N '' -C me@here -f ssh
ssh-keygen -q -t ed25519 -N secret -f ssh_locked
ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
recipient=$(age-keygen -y key)

# sized N - N bytes, the same ones each time.
sized() { yes 'a line of no meaning' | head -c "$1"; }
is_plain() { cmp - plain; }
ours_theirs() { mm-seal "$@" -r "$recipient" <plain | age -d -i key | is_plain; }
theirs_ours() { age "$@" -r "$recipient" <plain | mm-seal -d -i key | is_plain; }
for size in 0 1 65535 65536 65537 131072 200000; do
	sized "$size" >plain
	ok "$size bytes: age opens ours" ours_theirs
	ok '... and we open theirs' theirs_ours
	ok '... also armored: ours' ours_theirs -a
	ok '... and theirs' theirs_ours -a
done
same_text() { mm-seal -a -r "$recipient" <plain >ours && mm-seal -d -i key <ours >opened && head -n 1 ours && tail -n 1 ours; }
ok 'armor has its first and last line' same_text
said '-----BEGIN AGE ENCRYPTED FILE-----' '... BEGIN'
said '-----END AGE ENCRYPTED FILE-----' '... END'

large() { head -c 20000000 /dev/zero | mm-seal -r "$recipient" | age -d -i key | cmp -n 20000000 - /dev/zero; }
large_back() { head -c 20000000 /dev/zero | age -r "$recipient" | mm-seal -d -i key | cmp -n 20000000 - /dev/zero; }
ok 'more chunks than a byte can count: age opens ours' large
ok '... and we theirs' large_back

for_all() { mm-seal -r "$recipient" -r "$(age-keygen -y other)" -R ssh.pub <plain >sealed; }
ok 'several recipients of two types' for_all
for key in key other ssh; do
	ours() { mm-seal -d -i "$key" <sealed | is_plain; }
	theirs() { age -d -i "$key" <sealed | is_plain; }
	ok "... $key opens it here" ours
	ok '... and there' theirs
done
their_ssh() { age -R ssh.pub <plain | mm-seal -d -i ssh | is_plain; }
ok 'we open what age sealed for an SSH key' their_ssh
is "$(cut -d' ' -f1,2 ssh.pub)" "$(mm-key --recipient <ssh)" 'and know the recipient of an SSH identity'
their_mixture() { age -R ssh.pub -R rsa.pub -r "$recipient" <plain | mm-seal -d -i key | is_plain; }
ok 'a stanza for RSA is passed over' their_mixture
for_rsa_alone() { age -R rsa.pub <plain | mm-seal -d -i key; }
exits 1 'a file for RSA alone is not ours' for_rsa_alone
said 'the file is for 1 ssh-rsa' '... and that is said'
exits 2 'an RSA recipient is refused' mm-seal -R rsa.pub
said 'rsa.pub: line 1: an ssh-rsa recipient, which is not supported' '... by name'
exits 2 'so is an RSA identity' mm-seal -d -i rsa
said 'rsa: an OpenSSH key of another type than ssh-ed25519' '... by name'
exits 2 'so is an SSH identity under a passphrase' mm-seal -d -i ssh_locked
said 'ssh_locked: an OpenSSH key under a passphrase' '... by name'

# Where libcrypto may not: no provider has the cipher.
cat >none.cnf <<'END'
openssl_conf = main
[main]
providers = list
[list]
null = null
[null]
activate = 1
END
without() { OPENSSL_CONF=none.cnf "$@"; }
slow_fast() { head -c 20000000 /dev/zero | without mm-seal -r "$recipient" | mm-seal -d -i key | cmp -n 20000000 - /dev/zero; }
fast_slow() { head -c 20000000 /dev/zero | mm-seal -r "$recipient" | without mm-seal -d -i key | cmp -n 20000000 - /dev/zero; }
has_cipher() { openssl list -cipher-algorithms | grep 'ChaCha20-Poly1305 @'; }
without_cipher() { without openssl list -cipher-algorithms | grep 'ChaCha20-Poly1305 @'; }
ok 'libcrypto has the cipher' has_cipher
exits 1 '... and can be kept from it' without_cipher
ok '... what is sealed without it opens with it' slow_fast
ok '... and the other way round' fast_slow
done_testing
