#!/bin/sh
# place.sh list PLACE | fetch PLACE NAME - what places.sh knows, as a stage of mm-pipe, which runs no functions.
set -eu
export LC_ALL=C

here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=scripts/places.sh
. "$here/places.sh"

case ${1-}/$# in
list/2) place_list "$2" ;;
fetch/3) place_fetch "$2" "$3" ;;
*) echo 'usage: place.sh list place | fetch place name' >&2; exit 2 ;;
esac
