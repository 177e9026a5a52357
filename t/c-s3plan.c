/* How large the parts of an upload are: they fit the server, the memory, and what is expected. */
#include "s3plan.h"
#include "tap.h"

#define GIB (UINT64_C(1) << 30)

/* Of a stream that goes on until no part may follow: its bytes, and whether all parts were as they should be. */
struct run {
	uint64_t sent;
	uint64_t parts;
	int sound;
};

static struct run
fill(const struct s3plan *plan, uint64_t stop)
{
	struct run run = { .sound = 1 };
	uint64_t part, before = 0;

	while (run.sent < stop && (part = s3plan_next(plan, run.parts, run.sent)) != 0) {
		run.sound = run.sound && part >= before && part <= S3PLAN_MOST && part % S3PLAN_MIB == 0 &&
		    s3plan_parallel(plan, part) >= 1 && s3plan_parallel(plan, part) <= plan->ask.parallel &&
		    (s3plan_parallel(plan, part) + 1) * part + S3PLAN_OVERHEAD <= plan->ask.memory;
		before = part;
		run.sent += part;
		run.parts++;
	}
	return run;
}

static struct s3plan
plan_of(struct s3plan_ask ask)
{
	struct s3plan plan;

	if (ask.max_parts == 0)
		ask.max_parts = S3PLAN_PARTS;
	if (ask.memory == 0)
		ask.memory = 4 * GIB;
	if (ask.parallel == 0)
		ask.parallel = 4;
	if (s3plan_make(&plan, &ask) != ST_OK)
		plan.part = 0;
	return plan;
}

static void
unknown(void)
{
	struct s3plan plan = plan_of((struct s3plan_ask){ .parallel = 4 });
	struct run run = fill(&plan, UINT64_MAX);

	ok(plan.part == 8 * S3PLAN_MIB && s3plan_parallel(&plan, plan.part) == 4, "a stream begins with 8 MiB, four at once");
	ok(run.sound, "parts only grow, and memory always holds them");
	ok(run.parts == 10000 && run.sent > 4096 * GIB, "10,000 parts hold more than 4 TiB in 4 GiB of memory");
	ok(fill(&plan, 10 * GIB).parts == 1280, "for the first 10 GiB they do not grow");
	plan = plan_of((struct s3plan_ask){ .memory = 256 * S3PLAN_MIB });
	run = fill(&plan, UINT64_MAX);
	ok(run.sound && run.sent > 700 * GIB, "in 256 MiB they hold 700 GiB");
	plan = plan_of((struct s3plan_ask){ .max_parts = 1000 });
	run = fill(&plan, UINT64_MAX);
	ok(run.sound && run.parts == 1000 && run.sent > 400 * GIB, "1,000 parts hold 400 GiB");
	plan = plan_of((struct s3plan_ask){ .memory = S3PLAN_MEMORY });
	run = fill(&plan, UINT64_MAX);
	ok(run.sound && plan.part == S3PLAN_LEAST && s3plan_parallel(&plan, plan.part) == 1, "the least memory sends the least parts");
	plan = plan_of((struct s3plan_ask){ .max_parts = 1 });
	ok(s3plan_next(&plan, 1, plan.part) == 0, "one part may be all");
}

static void
expected(void)
{
	static const uint64_t sizes[] = { 1, 1000, 5 * S3PLAN_MIB, 8 * S3PLAN_MIB, 8 * S3PLAN_MIB + 1, GIB, 8 * GIB - 1, 8 * GIB,
		60 * GIB, 200 * GIB, 1024 * GIB, 9999 * GIB };
	struct s3plan plan;
	struct run run;
	size_t i, wrong = 0, many = 0;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		plan = plan_of((struct s3plan_ask){ .expected = sizes[i] });
		run = fill(&plan, sizes[i]);
		wrong += !run.sound || run.sent < sizes[i] || s3plan_next(&plan, 1, 0) != plan.part;
		many += sizes[i] <= 40 * GIB && run.parts > 1000;
	}
	ok(wrong == 0, "what is expected fits, in parts of one size");
	ok(many == 0, "up to 40 GiB, in no more than every server takes");
	plan = plan_of((struct s3plan_ask){ .expected = GIB });
	ok(plan.part == 8 * S3PLAN_MIB, "parts are 8 MiB at the least");
	plan = plan_of((struct s3plan_ask){ .expected = 1024 * GIB, .memory = 100 * S3PLAN_MIB });
	ok(plan.part == 0, "what cannot fit into the memory is refused");
	plan = plan_of((struct s3plan_ask){ .expected = 51200 * GIB, .memory = 64 * GIB });
	ok(plan.part == 0, "so is what no server takes");
	plan = plan_of((struct s3plan_ask){ .expected = GIB, .max_parts = 10 });
	ok(plan.part == 103 * S3PLAN_MIB, "few parts are large ones");
}

static void
given(void)
{
	struct s3plan plan = plan_of((struct s3plan_ask){ .part_size = 16 * S3PLAN_MIB });

	ok(fill(&plan, UINT64_MAX).sent == 160000 * S3PLAN_MIB, "parts of a given size do not grow");
	plan = plan_of((struct s3plan_ask){ .part_size = 16 * S3PLAN_MIB, .expected = 160000 * S3PLAN_MIB });
	ok(plan.part == 16 * S3PLAN_MIB, "what just fits is taken");
	plan = plan_of((struct s3plan_ask){ .part_size = 16 * S3PLAN_MIB, .expected = 160000 * S3PLAN_MIB + 1 });
	ok(plan.part == 0, "a byte more is refused");
	plan = plan_of((struct s3plan_ask){ .part_size = 100 * S3PLAN_MIB, .memory = 214 * S3PLAN_MIB });
	ok(plan.part == 0, "a size that memory does not hold twice is refused");
	plan = plan_of((struct s3plan_ask){ .part_size = 100 * S3PLAN_MIB, .memory = 215 * S3PLAN_MIB });
	ok(s3plan_parallel(&plan, plan.part) == 1, "one that it just holds goes one by one");
	plan = plan_of((struct s3plan_ask){ .part_size = S3PLAN_LEAST + 1 });
	ok(s3plan_next(&plan, 3, 7) == S3PLAN_LEAST + 1, "a given size need be no whole MiB");
	plan = plan_of((struct s3plan_ask){ .equal = 1 });
	ok(plan.part == 48 * S3PLAN_MIB && fill(&plan, UINT64_MAX).sent == 480000 * S3PLAN_MIB, "equal parts of a stream are 48 MiB");
}

int
main(void)
{
	unknown();
	expected();
	given();
	return done_testing();
}
