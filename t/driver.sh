# driver.sh - sourced, after tap.sh: a cluster with the database matric, and scripts/backup.sh with all that it touches below
# the test's directory.
# shellcheck shell=sh disable=SC2034,SC2154
#
#	backup WORD...		scripts/backup.sh, in a configuration of nothing but the environment
#	sealed WORD...		the same, compressed by zstd and sealed to the recipients beside us; `key` opens it
#	newest			print the path of the newest backup
#	backups			print how many backups and manifests are at home
#	rows DATABASE		make the table secret_notes there, with 3000 rows
#	leftovers		print what a run should have taken away
. "$top/scripts/cluster.sh"

chmod 755 "$tap_dir"
# shellcheck disable=SC2016
at_exit='cluster_stop "$tap_dir/pg"'
cluster_start "$tap_dir/pg"
age-keygen -o key 2>/dev/null
age-keygen -y key >recipients
export BACKUP_DEST="$tap_dir/home" BACKUP_STATE="$tap_dir/state" BACKUP_TEMP_DIR="$tap_dir/tmp" LOG_FILE=

rows() {
	psql -qX -d "$1" -c 'create table secret_notes as select i as id, repeat(md5(i::text), 5) as body from generate_series(1, 3000) i'
}
psql -qX -d postgres -c 'create database matric'
rows matric

backup() { sh "$top/scripts/backup.sh" "$@"; }
sealed() { BACKUP_COMPRESS=zstd BACKUP_ENCRYPT=$tap_dir/recipients backup "$@"; }
newest() { find home -maxdepth 1 -name 'matric_backup_*' ! -name '*.manifest' ! -name '*.globals*' ! -name '*.drill' ! -name '*.suspect' | sort | tail -n 1; }
backups() { find home -name '*_backup_*' | wc -l; }
leftovers() {
	find tmp -mindepth 1
	find home -name '.mm-*'
	find state/making state/dropping -type f 2>/dev/null || :
}
