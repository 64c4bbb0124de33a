/* SPDX-License-Identifier: ISC */
#include "host/shell.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/print.h"

bool shell_is_bash(void)
{
	return spawn_finds("bash");
}

/* The options of wg-quick.  Start-up files are for people, even if they have logged in by ssh. */
void shell_argv(const char *argv[SHELL_ARGS], bool bash, const char *command)
{
	const char *const with_bash[SHELL_ARGS] = { "bash", "--norc",   "-O", "extglob", "-e",
						    "-o",   "pipefail", "-c", command,   NULL };
	const char *const with_sh[SHELL_ARGS] = { "sh", "-e", "-c", command, NULL };

	memcpy(argv, bash ? with_bash : with_sh, sizeof(with_sh));
}

static bool put_name_in(struct print *out, const char *command, const char *name)
{
	const char *at;

	while ((at = strstr(command, "%i"))) {
		print_bytes(out, command, (size_t)(at - command));
		print_add(out, "%s", name);
		command = at + 2;
	}
	print_add(out, "%s", command);
	return !out->failed;
}

int shell_start(struct spawn *s, const char *name, const char *command)
{
	struct print text = { 0 };
	const char *argv[SHELL_ARGS];
	int r = -ENOMEM;

	if (put_name_in(&text, command, name)) {
		shell_argv(argv, shell_is_bash(), text.chars);
		r = spawn_start(s, argv, NULL, false);
	}
	print_fini(&text);
	return r;
}

const char *shell_words(bool bash)
{
	return bash ? "bash -e -o pipefail" : "sh -e";
}

static bool starts(const char *at, const char *with)
{
	return strncmp(at, with, strlen(with)) == 0;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* "${x//a/b}", "${x:0:1}", "${x^^}", "${!x}", "${x[0]}"; but not "${x:-y}" and the like. */
static bool expands_oddly(const char *at)
{
	if (!starts(at, "${"))
		return false;
	at += 2;
	if (*at == '!')
		return true;
	while (is_name(*at))
		at++;
	return *at != '\0' && (strchr("/^,[@", *at) || (*at == ':' && !strchr("-=?+", at[1])));
}

/* "{a,b}" and "{1..3}", which sh leaves as they are; but not "${x,y}" and "{ a, b; }". */
static bool is_brace(const char *text, const char *at)
{
	const char *end;

	if (*at != '{' || (at > text && at[-1] == '$'))
		return false;
	end = at + strcspn(at, "} \t;'\"");
	return *end == '}' &&
	       (memchr(at, ',', (size_t)(end - at)) || memmem(at, (size_t)(end - at), "..", 2));
}

/* Outside of quotes. */
static bool is_operator(const char *at)
{
	static const char *const marks[] = { "<(", ">(", "<<<", "&>", "|&", "$'", "=(", ";;&" };

	for (size_t i = 0; i < LEN(marks); i++)
		if (starts(at, marks[i]))
			return true;
	return false;
}

/* A word of its own, where a command may begin. */
static bool is_command(const char *at)
{
	static const char *const words[] = {
		"[[",       "((",     "source",  "function",       "declare",
		"typeset",  "let",    "mapfile", "readarray",      "shopt",
		"local -n", "select", "coproc",  "set -o pipefail"
	};

	for (size_t i = 0; i < LEN(words); i++)
		if (starts(at, words[i]) && (words[i][0] == '(' || !is_name(at[strlen(words[i])])))
			return true;
	return false;
}

static bool may_begin(const char *text, const char *at)
{
	while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == text || strchr(";&|(){!", at[-1]) ||
	       (at - text >= 2 && (starts(at - 2, "if") || starts(at - 2, "do"))) ||
	       (at - text >= 4 && (starts(at - 4, "then") || starts(at - 4, "else"))) ||
	       (at - text >= 5 && starts(at - 5, "while"));
}

bool shell_wants_bash(const char *command)
{
	const char *at = command;
	bool quoted = false; /* by " */

	for (; *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
			continue;
		}
		if (*at == '"')
			quoted = !quoted;
		if (expands_oddly(at))
			return true;
		if (quoted)
			continue;
		if (*at == '\'') {
			at = strchr(at + 1, '\'');
			if (!at)
				return false;
			continue;
		}
		if (is_operator(at) || is_brace(command, at) ||
		    (may_begin(command, at) && is_command(at)))
			return true;
	}
	return false;
}
