#!/bin/sh
# backup.sh: one whole, sealed, proven, recorded backup at home, or nothing of its name; under every sh.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

ok 'a sealed backup is made' sealed make
said 'read back and proven' '... and proven'
name=$(newest)
ok '... under the name of the design' expr "$name" : 'home/matric_backup_[0-9]\{8\}_[0-9]\{6\}\.sql\.zst\.enc$'
is 600 "$(stat -c %a "$name")" '... which only its owner reads'
is 700 "$(stat -c %a home)" '... in a home that only its owner enters'
restores() { age -d -i key "$name" | zstd -dcq | pg_restore -f - | grep -c '^[0-9]*	[0-9a-f]\{160\}$'; }
is 3000 "$(restores)" 'stock age, zstd and pg_restore get every row out of it'
checks() { (cd home && sha256sum -c "${name##*/}.manifest"); }
ok 'sha256sum checks it by its manifest' checks
is 'manifest name database host suite server pg_dump archive started ended method sealed dump-bytes stored-bytes tables rows proved' \
	"$(sed -n 's/^# \([a-z_-]*\): .*/\1/p' "$name.manifest" | grep -v large-objects | paste -sd ' ')" 'the manifest has its keys'
is '1 matric 2 3000 yes' "$(sed -n 's/^# \(manifest\|database\|rows\|sealed\|proved\): //p' "$name.manifest" | paste -sd ' ')" '... and what they say is so'
is "$(stat -c %s "$name")" "$(sed -n 's/^# stored-bytes: //p' "$name.manifest")" '... to the byte'
unnamed() { ! grep -q secret_notes "$name.manifest"; }
ok '... and no table is named' unnamed
is '"public"."secret_notes": 3000' "$(cat "state/rows/${name##*/}")" 'the rows of each table are noted for ourselves'
is 600 "$(stat -c %a "state/rows/${name##*/}")" '... alone'
is '' "$(leftovers)" 'nothing else is left'

# The shell under test is what `sh` means to all that the driver starts.
under() {
	mkdir -p "bin-$1"
	ln -sf "$(command -v "$1")" "bin-$1/sh"
	PATH=$tap_dir/bin-$1:$PATH MM_BUILD=$build sealed make
}
for shell in dash busybox mksh bash; do
	before=$(backups)
	ok "a backup under $shell" under $shell
	is $((before + 2)) "$(backups)" '... is there with its manifest'
done
ok 'a backup by default' backup
is sql.gz "$(newest | cut -d. -f2-)" '... is by gzip, and not sealed'
for method in xz none; do
	ok "a backup with the method $method" env BACKUP_COMPRESS=$method sh "$top/scripts/backup.sh" make
	ok '... is one' mm-verify -x "$(newest).manifest" <"$(newest)"
done

# How it is sealed.
opens() { BACKUP_COMPRESS=none "$@" sh "$top/scripts/backup.sh" make && age -d -i key "$(newest)" | pg_restore -l; }
ok 'recipients as words of the setting' opens env BACKUP_ENCRYPT="$(cat recipients), $(age-keygen 2>/dev/null | age-keygen -y)"
is '# sealed: 3' "$(grep sealed "$(newest).manifest")" '... all of them, and the one of the proof'
echo 'correct horse' >pass
ok 'a passphrase' env BACKUP_PASSPHRASE_FILE="$tap_dir/pass" sh "$top/scripts/backup.sh" make
said 'read back and proven' '... is proven too'
ok '... and opens it' mm-verify -p pass <"$(newest)"
ok 'no proof, if none is wanted' env BACKUP_PROVE=no BACKUP_ENCRYPT="$tap_dir/recipients" sh "$top/scripts/backup.sh" make
is '# sealed: 1 # stored-bytes: '"$(stat -c %s "$(newest)")"' # proved: no' \
	"$(grep -e sealed -e stored -e proved "$(newest).manifest" | paste -sd ' ')" '... and the manifest says so'

# The proof finds what the disk did.
mkdir lying
cat >lying/mm-verify <<'END'
#!/bin/sh
# mm-verify, which finds that the disk has lost a bit of what was landed.
case " $* " in *' -x '*) printf X | dd of="/proc/$$/fd/0" bs=1 seek=3000 conv=notrunc 2>/dev/null ;; esac
exec "$build/mm-verify" "$@"
END
chmod +x lying/mm-verify
for how in backup sealed; do
	before=$(backups)
	bitten() { PATH=$tap_dir/lying:$PATH MM_BUILD=$build $how make; }
	exits 1 "a bit that the disk lost is found ($how)" bitten
	said 'what was stored is not what was dumped' '... and said'
	is "$before" "$(backups)" '... and the backup is taken away'
done
cat >lying/mm-verify <<'END'
#!/bin/sh
# mm-verify, once globals have come: the disk has lost a bit of them.
for f in "$BACKUP_DEST"/*.globals*; do
	[ ! -f "$f" ] || [ -e "$BACKUP_TEMP_DIR/../bitten" ] || { printf X | dd of="$f" bs=1 seek=300 conv=notrunc 2>/dev/null; touch "$BACKUP_TEMP_DIR/../bitten"; }
done
exec "$build/mm-verify" "$@"
END
before=$(backups)
bitten_globals() { PATH=$tap_dir/lying:$PATH MM_BUILD=$build BACKUP_GLOBALS=yes sealed make; }
exits 1 'a bit that the disk lost of roles and tablespaces is found' bitten_globals
is "$before" "$(backups)" '... and nothing is left of the backup'
rm lying/mm-verify
for how in sealed backup; do
	whole_globals() { BACKUP_GLOBALS=yes $how make && mm-verify -i key <"$(find home -name "$(basename "$(newest)").globals*")"; }
	ok "with them whole, they are there ($how)" whole_globals
done
listed() { VERIFY_RESTORE=true LOG_LEVEL=DEBUG sealed make; }
ok 'with VERIFY_RESTORE pg_restore reads the table of contents of the read-back' listed
mkdir refusing
printf '#!/bin/sh\necho "no such archive" >&2\nexit 1\n' >refusing/pg_restore
chmod +x refusing/pg_restore
refused() { PATH=$tap_dir/refusing:$PATH MM_BUILD=$build VERIFY_RESTORE=true sealed make; }
exits 1 '... and what it says counts' refused
said 'no such archive' '... and is said'

# The secret of the proof is in no argument and in no file.
ok 'a run is watched' env BACKUP_ENCRYPT="$tap_dir/recipients" ASAN_OPTIONS=detect_leaks=0 strace -f -qq -s 400 -e trace=execve -o trace sh "$top/scripts/backup.sh" make
ok '... it is not empty' grep -q 'mm-verify.*-i.*/dev/fd/3' trace
secret() { grep -q AGE-SECRET-KEY trace; }
exits 1 '... and no argument holds the identity of the proof' secret

# What a full backup leaves is dropped as the policy says.
old=matric_backup_20200101_000000.sql.gz
cp "$(newest)" home/$old
ok 'a backup without a manifest stays, however old' backup
ok '... there' test -e home/$old
done_testing
