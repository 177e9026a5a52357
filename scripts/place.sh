#!/bin/sh
# place.sh list PLACE | sizes PLACE | fetch PLACE NAME | gather PLACE FILE DIR - what places.sh knows, as a stage of mm-pipe,
# which runs no functions.
set -eu
umask 077
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/places.sh
. "$here/places.sh"

case ${1-}/$# in
list/2) place_list "$2" ;;
sizes/2) place_sizes "$2" ;;
fetch/3) place_fetch "$2" "$3" ;;
gather/4) place_gather "$2" "$3" "$4" ;;
*) echo 'usage: place.sh list place | sizes place | fetch place name | gather place file directory' >&2; exit 2 ;;
esac
