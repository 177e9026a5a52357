/*
 * mm-s3put - stdin to an object in an S3 bucket, or nothing of that name
 */
#include <sys/stat.h>

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coredump.h"
#include "gate.h"
#include "halt.h"
#include "number.h"
#include "pump.h"
#include "quota.h"
#include "receipt.h"
#include "s3attr.h"
#include "s3opt.h"
#include "s3part.h"
#include "s3place.h"
#include "s3probe.h"
#include "stdfds.h"

/* Options that have only a long name. */
enum {
	EXPECTED_SIZE = 256,
	PART_SIZE,
	MAX_PARTS,
	EQUAL_PARTS,
	CHECKSUM,
	STORAGE_CLASS,
	AMAZON_STORAGE_CLASS,
	SSE,
	SSE_KMS_KEY,
	METADATA,
	TAG,
	LOCK_MODE,
	LOCK_UNTIL,
	PROBE
};

/* What the command line says. */
struct request {
	struct s3opt opt;
	struct s3attr attr;
	const char *amazon_class;
	struct s3plan_ask plan;
	enum s3sum sum;
	int trusts_eof;
	int replaces;
	uint64_t parallel;
	int probes;
};

static void
usage(void)
{
	fputs("usage: mm-s3put [s3-options] [-fE] [-j n] [-M bytes] [--expected-size bytes] [--part-size bytes]\n"
	    "           [--max-parts n] [--equal-parts] [--checksum crc32c|crc64nvme|sha256]\n"
	    "           [--storage-class class] [--amazon-storage-class class]\n"
	    "           [--sse AES256|aws:kms] [--sse-kms-key key]\n"
	    "           [--metadata name=value] [--tag name=value] [--lock-mode mode --lock-until time]\n"
	    "           s3://bucket/key\n"
	    "       mm-s3put [s3-options] --probe s3://bucket/key\n" S3OPT_USAGE, stderr);
	exit(ST_TROUBLE);
}

static enum status
take_option(struct request *req, int c, const char *arg)
{
	struct s3attr *attr = &req->attr;
	struct s3plan_ask *plan = &req->plan;

	switch (c) {
	case 'E':
		req->trusts_eof = 1;
		return ST_OK;
	case 'f':
		req->replaces = 1;
		return ST_OK;
	case 'j':
		return number_count(arg, "-j", 1, S3PART_PARALLEL, &req->parallel);
	case 'M':
		return number_size(arg, "-M", S3PLAN_MEMORY, UINT64_C(1) << 40, &plan->memory);
	case EXPECTED_SIZE:
		return number_size(arg, "--expected-size", 1, UINT64_C(1) << 60, &plan->expected);
	case PART_SIZE:
		return number_size(arg, "--part-size", S3PLAN_LEAST, S3PLAN_MOST, &plan->part_size);
	case MAX_PARTS:
		return number_count(arg, "--max-parts", 1, S3PLAN_PARTS, &plan->max_parts);
	case EQUAL_PARTS:
		plan->equal = 1;
		return ST_OK;
	case CHECKSUM:
		return s3sum_named(arg, &req->sum);
	case STORAGE_CLASS:
		return s3attr_class(attr, arg);
	case AMAZON_STORAGE_CLASS:
		req->amazon_class = arg;
		return s3attr_check_class(arg, "--amazon-storage-class");
	case SSE:
		return s3attr_sse(attr, arg);
	case SSE_KMS_KEY:
		return s3attr_kms_key(attr, arg);
	case METADATA:
		return s3attr_metadata(attr, arg);
	case TAG:
		return s3attr_tag(attr, arg);
	case LOCK_MODE:
		return s3attr_lock_mode(attr, arg);
	case LOCK_UNTIL:
		return s3attr_lock_until(attr, arg);
	case PROBE:
		req->probes = 1;
		return ST_OK;
	default:
		if (!s3opt_is(c))
			usage();
		return s3opt_take(&req->opt, c, arg);
	}
}

static enum status
read_options(int argc, char *argv[], struct request *req)
{
	static const struct option options[] = {
		S3OPT_LONG,
		{ "trust-eof", no_argument, NULL, 'E' },
		{ "force", no_argument, NULL, 'f' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "memory", required_argument, NULL, 'M' },
		{ "expected-size", required_argument, NULL, EXPECTED_SIZE },
		{ "part-size", required_argument, NULL, PART_SIZE },
		{ "max-parts", required_argument, NULL, MAX_PARTS },
		{ "equal-parts", no_argument, NULL, EQUAL_PARTS },
		{ "checksum", required_argument, NULL, CHECKSUM },
		{ "storage-class", required_argument, NULL, STORAGE_CLASS },
		{ "amazon-storage-class", required_argument, NULL, AMAZON_STORAGE_CLASS },
		{ "sse", required_argument, NULL, SSE },
		{ "sse-kms-key", required_argument, NULL, SSE_KMS_KEY },
		{ "metadata", required_argument, NULL, METADATA },
		{ "tag", required_argument, NULL, TAG },
		{ "lock-mode", required_argument, NULL, LOCK_MODE },
		{ "lock-until", required_argument, NULL, LOCK_UNTIL },
		{ "probe", no_argument, NULL, PROBE },
		{ NULL, 0, NULL, 0 }
	};
	enum status st = ST_OK;
	int c;

	while (st == ST_OK && (c = getopt_long(argc, argv, "Efj:M:", options, NULL)) != -1)
		st = take_option(req, c, optarg);
	if (st == ST_OK && argc - optind != 1)
		usage();
	return st == ST_OK ? s3attr_settle(&req->attr) : st;
}

/* The last component of the key names the object in the receipt, and so is a file's name. */
static enum status
check_key(const char *key)
{
	const char *slash = strrchr(key, '/'), *base = slash == NULL ? key : slash + 1;

	if (*base != '\0' && strcmp(base, ".") != 0 && strcmp(base, "..") != 0 && strlen(base) <= RECEIPT_NAME)
		return ST_OK;
	warnx("'%s' does not end in the name of an object", key);
	return ST_TROUBLE;
}

/* What is open after the options: how much memory, how long the input is, and what this host is known to want. */
static void
complete_plan(struct request *req, const struct stat *file, const char *host)
{
	struct s3plan_ask *plan = &req->plan;
	uint64_t quarter = quota_here("").memory / 4;

	plan->parallel = (unsigned)req->parallel;
	if (plan->memory == 0)
		plan->memory = quarter < S3PLAN_MEMORY ? S3PLAN_MEMORY : quarter;
	if (plan->expected == 0 && file != NULL)
		plan->expected = (uint64_t)file->st_size;
	if (plan->max_parts == 0)
		plan->max_parts = strstr(host, ".scw.cloud") != NULL ? 1000 : S3PLAN_PARTS;
	if (strstr(host, ".r2.cloudflarestorage.com") != NULL)
		plan->equal = 1;
}

/* Stdin as a whole regular file; NULL if it is none. */
static const struct stat *
input_file(struct stat *sb)
{
	if (fstat(STDIN_FILENO, sb) == -1 || !S_ISREG(sb->st_mode) || lseek(STDIN_FILENO, 0, SEEK_CUR) != 0)
		return NULL;
	return sb;
}

static enum status
put(struct request *req, struct s3 *s3, const char *key)
{
	struct s3part_ask ask = {
		.attr = &req->attr, .sum = req->sum, .replaces = req->replaces, .receipt = STDOUT_FILENO
	};
	struct sink *chain = NULL;
	enum status st = ST_TROUBLE;
	struct stat sb;

	if (s3_is_amazon(s3) && s3attr_value(&req->attr, S3ATTR_CLASS) == NULL)
		ask.large_class = req->amazon_class;
	ask.file = input_file(&sb);
	complete_plan(req, ask.file, s3_host(s3));
	ask.plan = req->plan;
	if (halt_catch() == ST_OK && (chain = s3part_new(s3, key, &ask)) != NULL)
		st = pump_waiting(STDIN_FILENO, "stdin", chain, s3part_wait, chain);
	sink_free(chain);
	return st;
}

static enum status
run(struct request *req, const char *bucket, const char *key)
{
	struct s3 *s3;
	enum status st;

	if (!req->probes && (st = gate_demand(STDIN_FILENO, req->trusts_eof)) != ST_OK)
		return st;
	if ((st = s3opt_settle(&req->opt)) != ST_OK)
		return st;
	if ((s3 = s3_open(&req->opt, bucket)) == NULL)
		return ST_TROUBLE;
	st = req->probes ? s3probe(s3, key) : put(req, s3, key);
	s3_close(s3);
	return st;
}

int
main(int argc, char *argv[])
{
	struct request req = { .parallel = 4 };
	char bucket[S3PLACE_BUCKET];
	const char *key;
	enum status st;

	stdfds_hold();
	coredump_forbid();
	s3opt_init(&req.opt);
	if ((st = read_options(argc, argv, &req)) == ST_OK &&
	    (st = s3place_name(argv[optind], bucket, &key)) == ST_OK && (st = check_key(key)) == ST_OK)
		st = run(&req, bucket, key);
	s3attr_free(&req.attr);
	s3opt_free(&req.opt);
	if (st != ST_OK)
		halt_now();
	return st;
}
