# status-screen.sh - sourced: facts (status-facts.sh) for a person, in 80 columns.
# shellcheck shell=sh disable=SC2154
#
#	screen FACTS		print them, in colours on a terminal; $is_utf8 says whether bars may be better than ASCII's
#
# A place is a letter, and a backup a row, with a mark for each place.

screen() {
	screen_colours=no
	[ ! -t 1 ] || [ -n "${NO_COLOR-}" ] || [ "${TERM:-dumb}" = dumb ] || screen_colours=yes
	awk -F '\t' -v utf8="$is_utf8" -v colours="$screen_colours" '
		function letter(n) { return substr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", n, 1) }
		function bold(text) { return colours == "yes" ? "\033[1m" text "\033[0m" : text }
		function red(text) { return colours == "yes" ? "\033[31m" text "\033[0m" : text }
		function size_of(n,   i) {
			if (n == "") return "?"
			for (i = 1; n >= 999.5 && i < 6; i++) n /= 1024
			return sprintf(n < 9.95 && i > 1 ? "%.1f%s" : "%.0f%s", n, substr("BKMGTP", i, 1))
		}
		function span(s) { return s < 5400 ? int(s / 60) "m" : s < 172800 ? int(s / 3600) "h" : int(s / 86400) "d" }
		function age_of(time) { return time > now + 300 ? "ahead" : span(time > now ? 0 : now - time) }
		# The calendar of civil time, from seconds: years begin in March.
		function date_of(time,   d, era, doe, yoe, doy, mp, m) {
			d = int(time / 86400) + 719468
			era = int(d / 146097)
			doe = d - era * 146097
			yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
			doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
			mp = int((5 * doy + 2) / 153)
			m = mp < 10 ? mp + 3 : mp - 9
			return sprintf("%04d-%02d-%02d %02d:%02d", yoe + era * 400 + (m <= 2), m, doy - int((153 * mp + 2) / 5) + 1,
				int(time % 86400 / 3600), int(time % 3600 / 60))
		}
		# How wide it is on a screen: bytes that go on with a character take no room, nor do colours.
		function width(text) { gsub(/[\200-\277]|\033\[[0-9]*m/, "", text); return length(text) }
		function spaces(n) { return sprintf("%" (n > 0 ? n : 0) "s", "") }
		function bar(part, room,   eighths, i, text) {
			if (utf8 != "yes") {
				for (i = 0; i < part * room; i++) text = text "#"
				return text spaces(room - i)
			}
			eighths = int(part * room * 8 + 0.999)
			for (i = 8; i <= eighths; i += 8) text = text "\342\226\210"
			if (eighths % 8 > 0) text = text substr("\342\226\217\342\226\216\342\226\215\342\226\214\342\226\213\342\226\212\342\226\211", eighths % 8 * 3 - 2, 3)
			return text spaces(room - int((eighths + 7) / 8))
		}
		# Text after HEAD, in lines that leave its column free.
		function wrap(head, text,   n, i, words, line, indent) {
			indent = width(head)
			n = split(text, words, " ")
			for (i = 1; i <= n; i++) {
				if (line != "" && indent + width(line) + 1 + width(words[i]) > 80) { print head line; head = spaces(indent); line = "" }
				line = line (line == "" ? "" : " ") words[i]
			}
			print head line
		}
		function mark(n, name,   s) {
			s = (n, name) in state_of ? state_of[n, name] : ""
			s = !seen[n] ? "?" : s == "suspect" ? "!" : s == "unfinished" ? "~" : (n, name) in lacks ? "o" : s == "" ? "." : (n, name) in drops ? "-" : "+"
			used[s] = 1
			return s
		}
		function print_place(n,   head, tail) {
			head = sprintf("  %s  %s", letter(n), place[n])
			if (!seen[n]) { print head; wrap("     ", red("cannot be looked at: ") why[n]); return }
			tail = sprintf("%-5s%5d good %6s  newest %5s", kind[n] == "home" && places > 1 ? "home" : "", good[n], size_of(total[n]), n in newest ? age_of(newest[n]) : "-")
			if (width(head) > 43) { print head; head = "" }
			print head spaces(44 - width(head)) tail
			if (busy[n]) print "     a run is at work here"
			if (blind[n]) print "     we may not look there; this is what was sent"
		}
		function print_policies(   n, m, marks, told, line) {
			for (n = 1; n <= places; n++) {
				if (policy[n] == "" || policy[n] in told) continue
				told[policy[n]] = 1
				marks = ""
				for (m = n; m <= places; m++) if (policy[m] == policy[n]) marks = marks letter(m) " "
				wrap(sprintf("  %s ", marks), "keeps " policy[n])
			}
		}
		function print_head(   marks, n) {
			for (n = 1; n <= places; n++) marks = marks letter(n) (gap && n < places ? " " : "")
			printf "  %-16s  %5s %5s  %s  %-6s %-6s %-8s  %s\n", "begun (UTC)", "age", "size", spaces(room), "sealed", "proven", "drill", marks
		}
		function print_backup(name,   n, s, marks, drill) {
			for (n = 1; n <= places; n++) {
				s = mark(n, name)
				marks = marks (s == "+" || s == "." ? s : red(s)) (gap && n < places ? " " : "")
			}
			drill = drilled[name] == "" ? "-" : (drilled[name] == "good" ? "good" : "BAD") " " span(since(drilled_at[name]))
			printf("  %s  %5s %5s  %s  %-6s %-6s %-8s  %s\n", date_of(time_of[name]), age_of(time_of[name]), size_of(bytes[name]),
				largest > 0 && bytes[name] != "" ? bar(bytes[name] / largest, room) : spaces(room),
				sealed[name] == "" ? "?" : sealed[name] == 0 ? "no" : "for " sealed[name], proved[name] == "" ? "?" : proved[name], drill, marks)
		}
		# Seconds since a time as RFC 3339 has it.
		function since(text,   y, m, s) {
			y = substr(text, 1, 4) + 0; m = substr(text, 6, 2) + 0
			if (m < 3) { y--; m += 12 }
			s = (365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + substr(text, 9, 2) - 719469 + 0) * 86400
			s = now - s - substr(text, 12, 2) * 3600 - substr(text, 15, 2) * 60 - substr(text, 18, 2)
			return s > 0 ? s : 0
		}
		function print_name(w,   i, name) {
			print ""
			print bold(w)
			if (rows[w] == 0) { print "  no backup at all"; return }
			largest = 0
			for (i = 1; i <= rows[w]; i++) if (bytes[row[w, i]] + 0 > largest) largest = bytes[row[w, i]] + 0
			print_head()
			for (i = 1; i <= rows[w]; i++) print_backup(row[w, i])
			if (w in more) printf "  and %d more, back to %s; -a shows all\n", more[w], date_of(oldest[w])
		}
		function print_legend(   i, n, marks, means, text) {
			n = split("+|there|-|there, dropped next|o|sent next|.|not there|!|suspect|~|unfinished|?|not known", means, "|")
			for (i = 1; i < n; i += 2) if (means[i] in used) text = text "   " means[i] " " means[i + 1]
			if (text != "") print "\n" text
		}
		function print_drops(   i, n, marks, told) {
			for (i = 1; i <= dropped; i++) {
				if (drop[i] in told) continue
				told[drop[i]] = 1
				marks = ""
				for (n = 1; n <= places; n++) if ((n, drop[i]) in drops) marks = marks letter(n) " "
				if (!headed++) print "\n" bold("The next run drops")
				if (headed <= 10) wrap(sprintf("  %s ", marks), word_of[drop[i]] " of " date_of(time_of[drop[i]]) ": " drops[drop_at[i], drop[i]])
				else left++
				if (headed <= 10) headed_to = headed
			}
			if (left > 0) printf "  and %d more\n", left
		}
		function print_lacks(   n, headed) {
			for (n = 1; n <= places; n++) {
				if (!(n in lacking)) continue
				if (!headed++) print "\n" bold("The next run sends")
				wrap(sprintf("  %s  ", letter(n)), lacking[n] (lacking[n] == 1 ? " backup" : " backups, the newest of them") " of " date_of(time_of[lacked[n]]))
			}
		}
		function print_runs(   text) {
			if (last != "") text = "The last run ended " date_of(last) ", " span(now > last ? now - last : 0) " ago: " result ". "
			if (next_run != "") text = text "The next one is at " date_of(next_run) ", in " span(next_run > now ? next_run - now : 0) "."
			if (text != "") { print ""; wrap("", text) }
		}

		$1 == "head" { host = $2; now = $3; suite = $4 }
		$1 == "place" { places = $2; place[$2] = $3; kind[$2] = $4; why[$2] = $5; seen[$2] = $5 == ""; policy[$2] = $6; busy[$2] = $7 == "busy"; blind[$2] = $8 == "blind" }
		$1 == "name" { name[++names] = $2 }
		$1 == "at" {
			state_of[$2, $4] = $3; time_of[$4] = $6; word_of[$4] = $7
			if (bytes[$4] == "") bytes[$4] = $5
			total[$2] += $5
			if ($3 != "good") next
			good[$2]++
			if ($6 <= now + 300 && $6 > newest[$2] + 0) newest[$2] = $6
		}
		$1 == "more" { more[$2] = $3; oldest[$2] = $4 }
		$1 == "backup" {
			row[$3, ++rows[$3]] = $2
			if (bytes[$2] == "") bytes[$2] = $5
			sealed[$2] = $6; proved[$2] = $7; drilled[$2] = $11; drilled_at[$2] = $12
		}
		$1 == "next" { next_run = $2 }
		$1 == "last" { last = $2; result = $3 }
		$1 == "drop" { drops[$2, $3] = $4; drop[++dropped] = $3; drop_at[dropped] = $2 }
		$1 == "lack" { lacks[$2, $3] = 1; if (!lacking[$2]++) lacked[$2] = $3 }
		$1 == "trouble" { trouble[++troubles] = $2 }

		END {
			gap = places <= 5
			room = 80 - 59 - (gap ? 2 * places - 1 : places)
			room = room > 20 ? 20 : room < 0 ? 0 : room
			title = "Backups as seen from " host
			print bold(title) spaces(80 - width(title) - 20) date_of(now) " UTC"
			print ""
			for (n = 1; n <= places; n++) print_place(n)
			print_policies()
			for (i = 1; i <= names; i++) print_name(name[i])
			if (names == 0) { print ""; print "No backup at all." }
			print_legend()
			print_drops()
			print_lacks()
			print_runs()
			if (troubles > 0) print "\n" bold("To be looked into")
			for (i = 1; i <= troubles; i++) wrap("  " red("!") " ", trouble[i])
		}' "$1"
}
