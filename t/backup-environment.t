#!/bin/sh
# backup.sh makes the same backup whatever it is called with: descriptors, variables, directories, links; under every sh.
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/driver.sh"

export BACKUP_ENCRYPT="$tap_dir/recipients" BACKUP_COMPRESS=zstd
script=$top/scripts/backup.sh
for shell in dash busybox mksh bash; do
	mkdir "under-$shell"
	ln -s "$(command -v "$shell")" "under-$shell/sh"
done
# under COMMAND... - with $shell for a sh.
under() { PATH=$tap_dir/under-$shell:$PATH MM_BUILD=$build "$@"; }
# makes MORE DESC COMMAND... - so many backups, whole, of every row, readable by us alone, and nothing is left.
makes() {
	more=$1 desc="$2 ($shell)"
	shift 2
	find home -type f | sort >before
	tap_run under "$@"
	find home -type f ! -name .lock | sort | grep -vxFf before >new || :
	is "$more" "$(grep -c 'manifest$' new)" "$desc"
	[ "$(wc -l <new)" -eq $((more * 2)) ] && [ -z "$(leftovers)" ] && [ -z "$(find tmpdir -mindepth 1)" ] && ours && whole && return
	tap_line 1 "... and that is sound: $(leftovers; cat new)"
	tap_tell "status $tap_status"
}
whole() {
	while read -r file; do
		case $file in *.manifest) mm-verify -i key -x "$file" <"${file%.manifest}" >/dev/null && grep -q '^# rows: 3000$' "$file" || return ;; esac
	done <new
}
ours() { [ -z "$(find home tmp state -newer before -perm /077)" ]; }
mkdir tmpdir
export TMPDIR="$tap_dir/tmpdir"
ok 'a backup' sealed make

mkdir evil evil/scripts bin
echo 'echo "read by nobody" >&2; exit 3' | tee evil/scripts/log.sh >evil/profile
ln -s "$script" bin/mm-backup
ln -s ../bin/mm-backup evil/mm-backup
hostile="CDPATH=$tap_dir/evil IFS=/a2 ENV=$tap_dir/evil/profile BASH_ENV=$tap_dir/evil/profile POSIXLY_CORRECT=1 GZIP=-n XZ_OPT=--bad
	XZ_DEFAULTS=--bad ZSTD_CLEVEL=99 ZSTD_NBTHREADS=x TAR_OPTIONS=--exclude=* GREP_OPTIONS=-v LS_COLORS=x COLUMNS=1 BLOCK_SIZE=1 PS4=x
	LC_ALL=tr_TR.UTF-8 LANG=de_DE LANGUAGE=de TZ=garbage/there PGTZ=Asia/Tokyo name=x tmp=/ home=/ st=1 state=/ id= job=1 identity=x
	recipient=x suffix=.x lock=/ log_form=x command=prune full=yes MM_GATE=9:1 log_tail=/dev/full spool=/ making=/ jobs=1"
for shell in dash busybox mksh bash; do
	makes 1 'called by a link to a link' sh evil/mm-backup make
	# shellcheck disable=SC2086
	makes 1 'a hostile environment' env $hostile sh "$script" make
	# shellcheck disable=SC2086
	makes 1 '... and a relative path' env $hostile sh -c 'cd "$top" && exec sh scripts/backup.sh make'
	makes 1 'a directory that has gone' sh -c "mkdir gone && cd gone && rmdir ../gone && exec sh '$script' make"
	makes 1 'standard input closed' sh -c "exec sh '$script' make <&-"
	makes 1 'standard output closed' sh -c "exec sh '$script' make >&-"
	makes 1 'all closed' sh -c "exec sh '$script' make <&- >&- 2>&-"
	makes 1 'a log that nobody reads any more' sh -c "LOG_LEVEL=DEBUG sh '$script' make 2>&1 | true"
	makes 1 'a disk that is full under standard error' sh -c "exec sh '$script' make >/dev/full 2>&1"
	makes 1 'umask 000' sh -c "umask 000; exec sh '$script' make"
	makes 1 'umask 777' sh -c "umask 777; exec sh '$script' make"
done
shell=dash
makes 1 'no HOME' env -u HOME sh "$script" make
makes 1 'little more than a PATH' env -i PATH="$build:/usr/bin:/bin" PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" BACKUP_DEST="$BACKUP_DEST" \
	BACKUP_STATE="$BACKUP_STATE" BACKUP_TEMP_DIR="$BACKUP_TEMP_DIR" BACKUP_ENCRYPT="$BACKUP_ENCRYPT" LOG_FILE= ${MM_BUILD:+MM_BUILD="$MM_BUILD"} \
	TMPDIR="$TMPDIR" sh "$script" make
makes 1 'a TMPDIR that is not there' env TMPDIR=/nonexistent/there sh "$script" make
makes 1 'a first stage of mm-pipe' mm-pipe sh "$script" make '|' cat
makes 1 'a later stage of mm-pipe' mm-pipe true '|' sh "$script" make
mkfifo log
makes 1 'a log that is a FIFO' timeout 60 env LOG_FILE="$tap_dir/log" sh "$script" make
said 'cannot be written; going on without it' '... which would wait for ever'

# Paths with odd bytes.
odd="$tap_dir/home * ? [x] \$HOME 'q\" ; \\ -n"
odd() { under env BACKUP_DEST="$odd" BACKUP_TEMP_DIR="$odd.tmp" BACKUP_STATE="$odd.state" LOG_FILE="$odd.log" sh "$script"; }
for shell in dash busybox mksh bash; do
	ok "odd paths ($shell)" odd
	is '' "$(find "$odd.tmp" "$odd.state/making" -mindepth 2)" '... nothing is left there'
done
is 8 "$(find "$odd" -name 'matric_backup_*' | wc -l)" '... four backups and their manifests'

# A script that is edited while it runs has been read before.  (place.sh, with places.sh and what that reads, is a program of its own: it is
# started anew.)
mkdir edited
cp -R "$top/scripts" edited/scripts
cat >edited/pg_dump <<'END'
#!/bin/sh
# pg_dump, while somebody is at work on the scripts.
for f in "$tap_dir"/edited/scripts/*.sh; do
	case $f in */place.sh | */places*.sh) continue ;; esac
	{ echo 'echo edited; exit 1'; cat "$f"; } >"$f.new" && cat "$f.new" >"$f"
done
PATH=$real_path exec pg_dump "$@"
END
chmod +x edited/pg_dump
export tap_dir real_path="$PATH"
shell=dash
edits() { MM_BUILD=$build PATH=$tap_dir/edited:$tap_dir/under-$shell:$PATH sh edited/scripts/backup.sh make; }
before=$(backups)
for shell in dash busybox mksh bash; do
	cp "$top"/scripts/*.sh edited/scripts/
	tap_run edits
	newer=$(newest)
	is $((before + 2)) "$(backups)" "scripts that are edited while they run ($shell)"
	ok '... make the backup that they would have made' mm-verify -i key -x "$newer.manifest" <"$newer"
	before=$(backups)
done
done_testing
