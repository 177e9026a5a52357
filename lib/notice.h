/*
 * A notice, in the words of who receives it.
 *
 *	slack	{"text": "HOST: STATUS: TITLE\n```\nTEXT\n```"}, & < > as Slack wants
 *		them; 4000 characters, after which Slack cuts a message in pieces.
 *		Mattermost and Rocket.Chat read it too
 *	discord	{"content": the same}, 2000 characters, and nobody is called by an @
 *	json	{"status": ..., "title": ..., "text": ..., "host": ..., "time": ...}, what is
 *		missing left out
 *	ping	the text alone; what happened is in the address, as healthchecks has it:
 *		URL, URL/start, URL/fail, URL/log, URL/EXIT-STATUS, and ?rid=ID to pair a
 *		start with its end
 *
 * Of a long text the end is kept, where the error is; NOTICE_TEXT_MAX bytes of
 * it, or what fits.  JSON is valid whatever the text holds: lib/json.
 */
#ifndef MM_NOTICE_H
#define MM_NOTICE_H

#include <stddef.h>
#include <time.h>

enum { NOTICE_TEXT_MAX = 100000 };

enum notice_format {
	NOTICE_SLACK,
	NOTICE_DISCORD,
	NOTICE_JSON,
	NOTICE_PING
};

struct notice {
	const char *status;		/* see notice_is_status(); NULL: none */
	const char *title;		/* NULL: none */
	const char *host;
	time_t when;
	char *text;			/* no NUL behind it needed; a NUL in it is changed */
	size_t len;
};

/* By its name; 0 if there is none of that name. */
int notice_format_named(const char *name, enum notice_format *format);

/* What an address is known to want; json for those that are not known. */
enum notice_format notice_format_of(const char *url);

/* start, success, fail, log, or an exit status from 0 to 255. */
int notice_is_status(const char *word);

/* Letters, digits and dashes, 64 at the most. */
int notice_is_id(const char *rid);

/* All of these are the caller's to free; NULL is lack of memory. */
char *notice_body(struct notice *n, enum notice_format format, size_t *len);
char *notice_address(const char *url, enum notice_format format, const char *status, const char *rid);

const char *notice_type(enum notice_format format);

#endif
