. "${0%/*}/tap.sh"
. "$top/t/driver.sh"
. "$top/t/faults.sh"
ok 'a good backup' backup make
remember
new() { find "${1:-home}" -name '*.manifest' | grep -vxcFf known || :; }
mkfifo start
for n in 1 2 3 4 5 6 7 8; do
for i in 1 2 3 4 5; do
	{ read -r _ <start; st=0; backup make >"many.$i" 2>&1 || st=$?; echo $st >"many.$i.st"; } &
done
eventually 10 sh -c 'exec 9>start'
exec 9<>start
for i in 1 2 3 4 5; do echo >&9; done
exec 9>&-
wait
cat many.*.st | tr '\n' ' '
[ "$(new)" -ge 1 ] || { cat many.?; }
left; 
done
