#!/bin/sh
# What is to be pasted into other programs works as it is printed: the steps for CI, over a real ssh, and git's hook.
# (For the line of cron see age-metrics.t, for Nagios and Icinga monitors.t, for Prometheus alerts.t.)
# shellcheck disable=SC2016
. "${0%/*}/tap.sh"
. "$top/t/sshd.sh"
. "$top/t/driver.sh"
at_exit='cluster_stop "$tap_dir/pg"; sshd_stop "$tap_dir/sshd"'
sshd_start "$tap_dir/sshd"

# --- CI -----------------------------------------------------------------------------------------------------
# The server's command, which there has a configuration; sudo there hands on no environment.
mkdir -p home bin srv runner checkout/migrations
{
	echo '#!/bin/sh'
	for name in PATH PGHOST PGPORT BACKUP_DEST BACKUP_STATE BACKUP_TEMP_DIR; do
		eval "printf \"export %s='%s'\\n\" $name \"\$$name\""
	done
	echo "exec sh '$top/scripts/run-migration.sh' \"\$@\""
} >bin/mm-migrate
chmod 755 bin/mm-migrate
# The role that owns what is changed, and no superuser; one that reads it would fail.
echo PGUSER=application >migrate.conf
psql -qX -d matric -c 'create role application login' -c 'alter table secret_notes owner to application'
[ "$(id -u)" -eq 0 ] || echo 'not root: the steps run without sudo'

# steps - the steps as files: step-1 ..., each with its environment, as GitHub runs them, and with the values of this place.
steps() {
	/usr/bin/python3 - "$top/units/examples/deploy.yml" "$tap_dir" <<-'PYTHON'
		import shlex, sys, yaml
		text = open(sys.argv[1]).read().replace("/usr/local/bin/", sys.argv[2] + "/bin/").replace("/etc/matric-memory/", sys.argv[2] + "/")
		job = yaml.safe_load(text)["jobs"]["deploy"]
		for number, step in enumerate((s for s in job["steps"] if "run" in s), 1):
		    with open("step-%d" % number, "w") as out:
		        for name, value in (job["env"] | step.get("env", {})).items():
		            if not str(value).startswith("$"):
		                out.write('%s=${OUR_%s-%s}; export %s\n' % (name, name, shlex.quote(str(value)), name))
		        out.write(step["run"])
	PYTHON
	[ "$(id -u)" -eq 0 ] || sed -i 's/sudo -n -u matric-backup //' step-*
	sed -i "s/-u matric-backup/-u $(id -un)/" step-*
}
# run_steps FILE.sql - all of them, until one fails, as a runner does.
run_steps() {
	cp "$1" checkout/migrations/new_migration.sql
	for step in step-*; do
		(cd checkout && env OUR_DEPLOY_HOST=127.0.0.1 OUR_DEPLOY_PORT="$SSH_PORT" OUR_DEPLOY_USER="$(id -un)" OUR_DEPLOY_DIR="$tap_dir/srv" \
			DEPLOY_KEY="$(cat "$tap_dir/sshd/keys/plain")" KNOWN_HOSTS="$(cat "$tap_dir/sshd/known_hosts")" \
			RUNNER_TEMP="$tap_dir/runner" bash -e "../$step" </dev/null) || return
	done
}
there() { find home/migrations -name 'matric_backup_*' ! -name '*.manifest' 2>/dev/null | wc -l; }
ask() { psql -qXAt -d matric -c "$1"; }

ok 'the workflow is YAML, with steps' steps
is 3 "$(find . -maxdepth 1 -name 'step-*' | wc -l)" '... three that run something'
echo "alter table secret_notes add column mood text default 'ok'" >good.sql
ok 'all of them run' run_steps good.sql
is 1 "$(there)" '... a backup was made'
is ok "$(ask 'select distinct mood from secret_notes')" '... before the migration'
said 'your own steps' '... and then the application was deployed'
printf 'drop table secret_notes;\nselect 1 / 0;\n' >bad.sql
exits 1 'a migration that fails' run_steps bad.sql
is 3000 "$(ask 'select count(*) from secret_notes')" '... changes nothing'
deployed() { grep -q 'your own steps' "$tap_said"; }
exits 1 '... and nothing is deployed' deployed
rm -r state
echo file >state
echo 'drop table secret_notes' >gone.sql
exits 1 'where no backup can be made' run_steps gone.sql
said 'DO NOT PROCEED' '... it is said'
is 3000 "$(ask 'select count(*) from secret_notes')" '... and nothing is changed'
exits 1 '... nor deployed' deployed
rm state

# --- git ----------------------------------------------------------------------------------------------------
export HOME="$tap_dir" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
git init -q repository
install -m 755 "$top/units/examples/pre-commit" repository/.git/hooks/pre-commit
# commit PATH... - change these, and commit them.
commit() (
	cd repository
	for path; do
		mkdir -p "$(dirname -- "$path")" && echo x >>"$path" && git add -- "$path"
	done
	git commit -q -m change
)
ok 'the first commit, with no migration' commit README
silent '... nothing is said'
ok 'a migration' commit 'migrations/001 first.sql'
said 'mm-migrate FILE.sql' '... is spoken of'
is 2 "$(git -C repository rev-list --count HEAD)" '... and committed'
ok 'one in a directory below, with an odd name' commit 'db/migrations/a/б
.sql'
said 'mm-migrate FILE.sql' '... too'
ok 'what only sounds like one' commit my-migrations.txt immigrations/x
silent '... is not'
rm -r 'repository/migrations/001 first.sql'
ok 'one that goes' git -C repository commit -qam gone
said 'mm-migrate FILE.sql' '... is one as well'
done_testing
