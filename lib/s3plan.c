#include <err.h>
#include <inttypes.h>

#include "s3plan.h"

enum {
	FEW = 1000,		/* parts that every server takes */
	PER_MILLE = 135		/* of the parts, in which the first 8 MiB of size are sent; then e-fold growth */
};

static const uint64_t first = 8 * S3PLAN_MIB;

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* n / parts in whole MiB, rounded up. */
static uint64_t
share(uint64_t n, uint64_t parts)
{
	uint64_t unit = parts * S3PLAN_MIB;

	return (n / unit + (n % unit != 0)) * S3PLAN_MIB;
}

/* The largest part of which so many, and one that is being filled, fit into that memory. */
static uint64_t
fitting(uint64_t memory, unsigned parallel)
{
	uint64_t part = (memory - S3PLAN_OVERHEAD) / (parallel + UINT64_C(1)) / S3PLAN_MIB * S3PLAN_MIB;

	return larger(smaller(part, S3PLAN_MOST), S3PLAN_LEAST);
}

/* Parts of one size for what is expected. */
static uint64_t
for_expected(const struct s3plan_ask *ask, uint64_t comfortable)
{
	uint64_t most = smaller(FEW, ask->max_parts), part;

	part = smaller(share(ask->expected, most), comfortable);
	return larger(part, share(ask->expected, ask->max_parts));
}

static uint64_t
one_size(const struct s3plan_ask *ask)
{
	uint64_t comfortable = fitting(smaller(ask->memory, S3PLAN_EASE), ask->parallel);

	if (ask->part_size != 0)
		return ask->part_size;
	if (ask->expected != 0)
		return larger(for_expected(ask, comfortable), smaller(first, fitting(ask->memory, 1)));
	return ask->equal ? comfortable : smaller(first, fitting(ask->memory, 1));
}

enum status
s3plan_make(struct s3plan *plan, const struct s3plan_ask *ask)
{
	plan->ask = *ask;
	plan->most = fitting(ask->memory, 1);
	plan->part = one_size(ask);
	plan->grows = ask->part_size == 0 && ask->expected == 0 && !ask->equal;
	if (plan->part > S3PLAN_MOST || share(ask->expected, ask->max_parts) > plan->part) {
		warnx("%" PRIu64 " bytes do not fit into %" PRIu64 " parts of %" PRIu64 " MiB", ask->expected, ask->max_parts,
		    smaller(plan->part, S3PLAN_MOST) / S3PLAN_MIB);
		return ST_TROUBLE;
	}
	if (plan->part > plan->most) {
		warnx("parts of %" PRIu64 " MiB need -M %" PRIu64 "M", plan->part / S3PLAN_MIB,
		    (2 * plan->part + S3PLAN_OVERHEAD) / S3PLAN_MIB);
		return ST_TROUBLE;
	}
	return ST_OK;
}

uint64_t
s3plan_next(const struct s3plan *plan, uint64_t n, uint64_t sent)
{
	uint64_t part;

	if (n >= plan->ask.max_parts)
		return 0;
	if (!plan->grows)
		return plan->part;
	part = sent / larger(plan->ask.max_parts * PER_MILLE / 1000, 1) / S3PLAN_MIB * S3PLAN_MIB;
	return smaller(larger(part, plan->part), plan->most);
}

unsigned
s3plan_parallel(const struct s3plan *plan, uint64_t part)
{
	uint64_t room = smaller(plan->ask.memory, S3PLAN_EASE) - S3PLAN_OVERHEAD, n = room / part;

	if (plan->ask.part_size != 0)
		n = (plan->ask.memory - S3PLAN_OVERHEAD) / part;
	return n < 2 ? 1 : (unsigned)smaller(n - 1, plan->ask.parallel);
}
