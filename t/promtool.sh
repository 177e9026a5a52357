#!/bin/sh
# promtool.sh - print where promtool is; unpack it under build/ if this system has none.
set -eu
command -v promtool && exit
root=$(sh "${0%/*}/unpacked.sh" promtool prometheus)
echo "$root/usr/bin/promtool"
