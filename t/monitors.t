#!/bin/sh
# What is to be pasted into Nagios and Icinga: both take it, run it, and see what mm-verify says.
# shellcheck disable=SC2016,SC2086
. "${0%/*}/tap.sh"
. "$top/t/daemon.sh"
at_exit='daemon_stop "$tap_dir" nagiosd icingad'
monitors=$(sh "$top/t/unpacked.sh" monitors nagios4-core nagios4-common icinga2-bin icinga2-common)
set -- "$monitors"/usr/lib/*-linux-gnu*
libraries=$1
chmod 755 .

# A home with a backup of ten hours ago.  Both programs want not to be root, and get there as nobody.
as_nobody='env'
[ "$(id -u)" -ne 0 ] || as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
# Its words are meant to split.
# shellcheck disable=SC2086
as_nobody() { $as_nobody "$@"; }
mkdir home nagios icinga
backup=matric_backup_$(date -u -d '10 hours ago' +%Y%m%d_%H%M%S).sql
echo x >"home/$backup"
echo '# manifest: 1' >"home/$backup.manifest"
# here FILE - it, for the mm-verify and the home of this test.
here() { sed -e "s|/usr/local/bin/mm-verify|$build/mm-verify|; s|/var/backups/matric-memory|$tap_dir/home|" "$1"; }
user=$(as_nobody id -un) group=$(as_nobody id -gn)

# Nagios, with the objects that come with it.
here "$top/units/nagios/matric-backup.cfg" >nagios/ours.cfg
cat >nagios/nagios.cfg <<END
log_file=$tap_dir/nagios/log
cfg_file=$monitors/etc/nagios4/objects/commands.cfg
cfg_file=$monitors/etc/nagios4/objects/contacts.cfg
cfg_file=$monitors/etc/nagios4/objects/timeperiods.cfg
cfg_file=$monitors/etc/nagios4/objects/templates.cfg
cfg_file=$tap_dir/nagios/host.cfg
cfg_file=$tap_dir/nagios/ours.cfg
object_cache_file=$tap_dir/nagios/objects
status_file=$tap_dir/nagios/status
status_update_interval=1
nagios_user=$user
nagios_group=$group
check_external_commands=0
command_file=$tap_dir/nagios/command
query_socket=$tap_dir/nagios/query
check_result_path=$tap_dir/nagios
lock_file=$tap_dir/nagios/pid
temp_file=$tap_dir/nagios/temp
temp_path=$tap_dir/nagios
service_inter_check_delay_method=n
enable_notifications=0
use_syslog=0
illegal_macro_output_chars=~&|<>
END
printf 'define host {\n\tuse generic-host\n\thost_name localhost\n\taddress 127.0.0.1\n\tmax_check_attempts 1\n\tcontact_groups admins\n\tcheck_command check-none\n}\ndefine command {\n\tcommand_name check-none\n\tcommand_line /bin/true\n}\n' >nagios/host.cfg
chmod -R a+rwX nagios
nagios() { as_nobody "$monitors/usr/sbin/nagios4" "$@" nagios/nagios.cfg; }
ok 'Nagios takes the command and the service' nagios -v
said 'Total Warnings: 0' '... without a warning'
daemon_start "$tap_dir" nagiosd $as_nobody "$monitors/usr/sbin/nagios4" nagios/nagios.cfg
sees() { grep -A 60 'service_description=Matric Backup Age' nagios/status | grep -m 1 plugin_output= | grep -qF "$1"; }
ok '... and sees a backup of ten hours ago as good' eventually 30 sees 'BACKUP OK - '
daemon_stop "$tap_dir" nagiosd

# Icinga, which looks for the first time within one interval.
here "$top/units/icinga2/matric-backup.conf" >icinga/ours.conf
sed -i 's/check_interval = 1h/check_interval = 1s/' icinga/ours.conf
cat >icinga/main.conf <<END
const NodeName = "localhost"
object Host NodeName { check_command = "none" }
object CheckCommand "none" { command = [ "/bin/true" ] }
template Service "generic-service" { max_check_attempts = 5 }
object CheckerComponent "checker" { }
object FileLogger "log" { severity = "debug", path = "$tap_dir/icinga/log" }
include "ours.conf"
END
mkdir icinga/data icinga/run
chmod -R a+rwX icinga
set -- "$monitors"/usr/lib/*/icinga2/sbin/icinga2 daemon -c icinga/main.conf -I "$monitors/usr/share/icinga2/include" \
	"-DRunAsUser=$user" "-DRunAsGroup=$group" "-DConfigDir=$tap_dir/icinga"
for directory in DataDir LogDir CacheDir InitRunDir SpoolDir; do
	set -- "$@" "-D$directory=$tap_dir/icinga/data"
done
ok 'Icinga takes the command and the service' as_nobody env LD_LIBRARY_PATH="$libraries" "$@" -C
exits 1 '... without a warning' grep -e warning -e critical "$tap_said"
daemon_start "$tap_dir" icingad $as_nobody env LD_LIBRARY_PATH="$libraries" "$@"
ran() { grep -q "PID [0-9]* ('$build/mm-verify' '--age' '--name' 'matric'.*'$tap_dir/home') terminated with exit code $1" icinga/log; }
ok '... and sees a backup of ten hours ago as good' eventually 30 ran 0
rm "home/$backup.manifest"
ok '... and one without a manifest as none' eventually 30 ran 2
daemon_stop "$tap_dir" icingad
done_testing
