# status-json.sh - sourced: facts (status-facts.sh) as JSON, by mm-json(1), which alone knows how that is written.
# shellcheck shell=sh disable=SC2154
#
#	json FACTS		print them
#
# What is not known is left out.

json() {
	awk -F '\t' '
		function put(kind, key, value) { if (value != "") print kind "\t" key "\t" value }
		function number(key, value) { if (value ~ /^[0-9]+$/) put("number", key, value) }
		function put_place(n,   i) {
			print "object"
			put("string", "place", place[n])
			put("bool", "home", kind[n] == "home" ? "true" : "false")
			put("bool", "seen", why[n] == "" ? "true" : "false")
			put("string", "message", why[n])
			put("string", "policy", policy[n])
			put("bool", "busy", busy[n] == "busy" ? "true" : "false")
			put("bool", "blind", blind[n] == "blind" ? "true" : "false")
			print "array\tlacks"
			for (i = 1; i <= lacks[n]; i++) print "string\t\t" lack[n, i]
			print "end\narray\tdrops"
			for (i = 1; i <= drops[n]; i++) {
				print "object"
				put("string", "backup", drop[n, i])
				put("string", "why", because[n, i])
				print "end"
			}
			print "end\nend"
		}
		function put_backup(name,   n) {
			print "object"
			put("string", "backup", name)
			put("string", "name", word[name])
			number("timestamp", time[name])
			number("size", size[name])
			number("sealed", sealed[name])
			if (proved[name] == "yes" || proved[name] == "no") put("bool", "proven", proved[name] == "yes" ? "true" : "false")
			put("string", "database", database[name])
			number("tables", tables[name])
			number("rows", rows[name])
			if (result[name] != "") {
				print "object\tdrill"
				put("string", "result", result[name])
				put("string", "when", when[name])
				number("seconds", seconds[name])
				print "end"
			}
			print "array\tplaces"
			for (n = 1; n <= places; n++) {
				if (!((n, name) in state)) continue
				print "object"
				put("string", "place", place[n])
				put("string", "state", state[n, name])
				number("size", bytes[n, name])
				print "end"
			}
			print "end\nend"
		}

		$1 == "head" { put("string", "host", $2); number("timestamp", $3); put("string", "suite", $4) }
		$1 == "place" { places = $2; place[$2] = $3; kind[$2] = $4; why[$2] = $5; policy[$2] = $6; busy[$2] = $7; blind[$2] = $8 }
		$1 == "at" { state[$2, $4] = $3; bytes[$2, $4] = $5 }
		$1 == "more" { hidden += $3 }
		$1 == "backup" {
			order[++backups] = $2
			word[$2] = $3; time[$2] = $4; size[$2] = $5; sealed[$2] = $6; proved[$2] = $7; database[$2] = $8
			tables[$2] = $9; rows[$2] = $10; result[$2] = $11; when[$2] = $12; seconds[$2] = $13
		}
		$1 == "next" { number("next-run", $2) }
		$1 == "last" { number("last-run", $2); put("string", "last-result", $3) }
		$1 == "drop" { drop[$2, ++drops[$2]] = $3; because[$2, drops[$2]] = $4 }
		$1 == "lack" { lack[$2, ++lacks[$2]] = $3 }
		$1 == "trouble" { trouble[++troubles] = $2 }

		END {
			print "array\tplaces"
			for (n = 1; n <= places; n++) put_place(n)
			print "end\narray\tbackups"
			for (i = 1; i <= backups; i++) put_backup(order[i])
			print "end"
			number("not-shown", hidden + 0)
			print "array\ttrouble"
			for (i = 1; i <= troubles; i++) print "string\t\t" trouble[i]
			print "end"
		}' "$1" >"$tmp/json" && mm-json <"$tmp/json"
}
