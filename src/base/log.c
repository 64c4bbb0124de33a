/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/breath.h"
#include "base/bytes.h"

enum {
	LOG_NAME = 64,
	LOG_LINE = 1024, /* longer lines end in "..."; no more than PIPE_BUF */
	PATIENCE_MS = 100,
};

enum log_place { LOG_PLACE_UNKNOWN, LOG_PLACE_JOURNAL, LOG_PLACE_PLAIN };

static struct log {
	enum log_level level;
	enum log_place place;
	log_sink_fn *sink;
	void *ctx;
	char name[LOG_NAME];
	bool stuck; /* the reader of stderr has stopped */
} log_state = { .level = LOG_LEVEL_INFO };

void log_set_level(enum log_level level)
{
	log_state.level = level;
}

enum log_level log_level(void)
{
	return log_state.level;
}

bool log_level_parse(enum log_level *level, const char *word)
{
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {
		{ "silent", LOG_LEVEL_SILENT }, { "error", LOG_LEVEL_ERROR },
		{ "warn", LOG_LEVEL_WARN },     { "info", LOG_LEVEL_INFO },
		{ "debug", LOG_LEVEL_DEBUG },   { "verbose", LOG_LEVEL_DEBUG },
	};
	size_t i;

	for (i = 0; i < LEN(words); i++) {
		if (strcmp(words[i].word, word) == 0) {
			*level = words[i].level;
			return true;
		}
	}
	return false;
}

void log_set_name(const char *name)
{
	snprintf(log_state.name, sizeof(log_state.name), "%s", name ? name : "");
}

void log_set_sink(log_sink_fn *sink, void *ctx)
{
	log_state.sink = sink;
	log_state.ctx = ctx;
	log_state.place = LOG_PLACE_UNKNOWN;
}

/* systemd passes the device and inode of the journal's stream: is that still our stderr? */
static enum log_place find_place(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;
	char end;

	if (!stream || sscanf(stream, "%ju:%ju%c", &dev, &ino, &end) != 2)
		return LOG_PLACE_PLAIN;
	if (fstat(STDERR_FILENO, &st) != 0 || st.st_dev != dev || st.st_ino != ino)
		return LOG_PLACE_PLAIN;
	return LOG_PLACE_JOURNAL;
}

/* The part of a line that tells its origin. */
static size_t put_origin(char *line, size_t size, enum log_level level)
{
	static const char priority[] = { [LOG_LEVEL_ERROR] = '3',
					 [LOG_LEVEL_WARN] = '4',
					 [LOG_LEVEL_INFO] = '6',
					 [LOG_LEVEL_DEBUG] = '7' };
	const char *colon = log_state.name[0] ? ": " : "";
	int len;

	if (log_state.sink)
		len = snprintf(line, size, "%s%s", log_state.name, colon);
	else if (log_state.place == LOG_PLACE_JOURNAL)
		len = snprintf(line, size, "<%c>%s%s", priority[level], log_state.name, colon);
	else
		len = snprintf(line, size, "%.64s: %s%s", program_invocation_short_name,
			       log_state.name, colon);
	return len > 0 ? (size_t)len : 0;
}

/* One event is one line, whatever a name in it contains. */
static void tame(char *line)
{
	for (; *line; line++) {
		if ((unsigned char)*line < ' ' || *line == 127)
			*line = '?';
	}
}

/*
 * The tunnel must not wait for a paused pager or a stopped terminal (^S). A reader that is
 * merely slow gets a moment, once.
 */
static bool may_write(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	log_state.stuck = poll(&p, 1, log_state.stuck ? 0 : PATIENCE_MS) == 0;
	return !log_state.stuck;
}

__attribute__((format(printf, 2, 0))) static void put(enum log_level level, const char *format,
						      va_list ap)
{
	char line[LOG_LINE + 1]; /* and the newline */
	int len, err = errno;
	size_t used;

	if (level > log_state.level)
		return;
	if (log_state.place == LOG_PLACE_UNKNOWN)
		log_state.place = find_place();
	used = put_origin(line, LOG_LINE, level);

	errno = err; /* for %m */
	len = vsnprintf(line + used, LOG_LINE - used, format, ap);
	if (len < 0)
		line[used] = '\0';
	else if ((size_t)len >= LOG_LINE - used)
		memcpy(line + LOG_LINE - 4, "...", 4);
	tame(line);

	used = strlen(line);
	if (log_state.sink) {
		log_state.sink(log_state.ctx, level, line);
	} else {
		/* In one write, so that lines of two processes never mix. */
		line[used] = '\n';
		if (may_write() && write(STDERR_FILENO, line, used + 1) < 0)
			used = 0; /* no reader is left */
	}
	errno = err;
}

void log_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put(LOG_LEVEL_ERROR, format, ap);
	va_end(ap);
}

void log_warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put(LOG_LEVEL_WARN, format, ap);
	va_end(ap);
}

void log_info(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put(LOG_LEVEL_INFO, format, ap);
	va_end(ap);
}

void log_debug(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put(LOG_LEVEL_DEBUG, format, ap);
	va_end(ap);
}

void log_lines(const char *word, struct text lines)
{
	struct text line;

	while (text_split(&lines, '\n', &line)) {
		breath();
		if (text_len(line))
			log_info("%s%.*s", word, (int)text_len(line), line.at);
	}
}

__attribute__((format(printf, 2, 3))) static void put_line(enum log_level level, const char *format,
							   ...)
{
	va_list ap;

	va_start(ap, format);
	put(level, format, ap);
	va_end(ap);
}

void log_line(enum log_level level, const char *line)
{
	enum log_level limit = log_state.level;

	log_state.level = LOG_LEVEL_DEBUG;
	put_line(level, "%s", line);
	log_state.level = limit;
}

bool log_ratelimit(struct log_ratelimit *ratelimit, uint64_t now_ns, uint64_t period_ns,
		   uint32_t burst, uint32_t *held)
{
	/* A zeroed brake starts its first period with the first line. */
	if (ratelimit->passed == 0 || now_ns - ratelimit->since_ns >= period_ns) {
		ratelimit->since_ns = now_ns;
		ratelimit->passed = 0;
	}
	if (ratelimit->passed >= burst) {
		if (ratelimit->held < UINT32_MAX)
			ratelimit->held++;
		return false;
	}
	ratelimit->passed++;
	if (held)
		*held = ratelimit->held;
	ratelimit->held = 0;
	return true;
}
