/*
 * The same for Prometheus, in its text format: families of metrics whose names
 * begin with mm_backup_.  No sample has a timestamp, since node_exporter passes
 * over files that have any; and each family has its samples in a row, whatever place they are of.
 *
 *	mm_backup_check_success		1; 0 when the place could not be looked at
 *	mm_backup_check_timestamp_seconds	when it was
 *	mm_backup_check_state		of a series: 0 ok, 1 warning, 2 critical, 3 unknown
 *	mm_backup_last_success_timestamp_seconds	the time in the name of the newest good backup
 *	mm_backup_size_bytes		of that one, if it is known
 *	mm_backup_files			how many are good, suspect, unfinished
 *
 * Labels: destination, the place; name, the series; state.
 */
#ifndef MM_AGEMETRICS_H
#define MM_AGEMETRICS_H

#include <stdint.h>
#include <stdio.h>

#include "freshness.h"

/*
 * Of places that could not be looked at, what the old file said of their
 * backups is said again: *old* is what it holds, len bytes; of those only what
 * could be ours is taken.
 */
void agemetrics_print(FILE *, int64_t now, const struct freshness_place *, size_t n, const char *old, size_t len);

#endif
