/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * The log: one line is one event, with who, what and why. Only the shell (daemon, cli) logs,
 * no other room. Keys are never printed, except the first characters of a public one.
 *
 * Lines go to stderr: with systemd's "<n>" priority as a prefix when stderr is the journal
 * (JOURNAL_STREAM), else with the program's name.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum log_level {
	LOG_LEVEL_SILENT,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Where lines go instead of stderr; line has no newline. */
typedef void log_sink_fn(void *ctx, enum log_level level, const char *line);

void log_set_level(enum log_level level);
enum log_level log_level(void);
/* "silent", "error", "warn", "info", "debug" or "verbose"; false if none of them. */
bool log_level_parse(enum log_level *level, const char *word);
/* Each line of a text that is not empty, at the level info, after this word. */
void log_lines(const char *word, struct text lines);
/* A line of another process of ours, as it is, at any log level. */
void log_line(enum log_level level, const char *line);
/* Put before each line, such as the interface; NULL: nothing. Copied. */
void log_set_name(const char *name);
/* NULL: back to stderr. */
void log_set_sink(log_sink_fn *sink, void *ctx);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Rate limit for lines that a remote host could cause: at most burst lines per period. A
 * zeroed struct is ready. Ask before logging; suppressed lines are counted, and the next line
 * that passes reports them (*held).
 */
struct log_ratelimit {
	uint64_t since_ns;
	uint32_t passed, held;
};
bool log_ratelimit(struct log_ratelimit *ratelimit, uint64_t now_ns, uint64_t period_ns,
		   uint32_t burst, uint32_t *held);

#endif
