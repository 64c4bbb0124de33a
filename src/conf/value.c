/* SPDX-License-Identifier: ISC */
#include "conf/value.h"

#include <string.h>

#include "base/aeadname.h"
#include "base/bytes.h"

bool value_error(const struct value *v, const char *at, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	diag_line_vsay(v->report, CONF_ERROR, v->file, line_place(v->line, at), format, ap);
	va_end(ap);
	return false;
}

void value_warning(const struct value *v, const char *at, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	diag_line_vsay(v->report, CONF_WARNING, v->file, line_place(v->line, at), format, ap);
	va_end(ap);
}

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

/* Report why the text is not a key, without showing any of it. */
static bool key_error(const struct value *v)
{
	size_t len = text_len(v->text);
	const char *at = v->text.at;
	size_t i;

	if (len == KEY_BASE64_LEN - 1)
		return value_error(
			v, at, "%s: 43 characters, expected 44: was the trailing = lost?", v->key);
	if (len == KEY_HEX_LEN)
		return value_error(v, at,
				   "%s: 64 characters, expected 44: is this hexadecimal? Files "
				   "need base64, as taut genkey prints it",
				   v->key);
	if (len != KEY_BASE64_LEN)
		return value_error(v, at, "%s: %zu characters, expected 44; copy the whole key",
				   v->key, len);
	for (i = 0; i < KEY_BASE64_LEN - 1; i++)
		if (!is_base64(at[i]))
			return value_error(v, at + i,
					   "%s: character %zu is not base64; copy the key again",
					   v->key, i + 1);
	if (at[i] != '=')
		return value_error(v, at + i, "%s: must end with =; copy the key again", v->key);
	return value_error(v, at + i - 1, "%s: no 32-byte key ends like that; copy the key again",
			   v->key);
}

bool value_key(const struct value *v, struct key *key)
{
	if (key_from_base64(key, v->text.at, text_len(v->text)))
		return true;
	return key_error(v);
}

static bool number(const struct value *v, uint64_t min, uint64_t max, const char *instead,
		   uint64_t *n)
{
	char quote[DIAG_LINE_QUOTE];

	if (text_u64(v->text, max, n) && *n >= min)
		return true;
	return value_error(v, v->text.at, "%s: \"%s\"; expected %sa number %llu..%llu", v->key,
			   diag_line_quote(quote, v->text), instead, (unsigned long long)min,
			   (unsigned long long)max);
}

bool value_port(const struct value *v, uint16_t *port)
{
	uint64_t n;

	if (!number(v, 0, UINT16_MAX, "", &n))
		return false;
	*port = (uint16_t)n;
	return true;
}

bool value_mtu(const struct value *v, uint32_t *mtu)
{
	uint64_t n;

	if (!number(v, CONF_MTU_MIN, CONF_MTU_MAX, "", &n))
		return false;
	*mtu = (uint32_t)n;
	return true;
}

bool value_mark(const struct value *v, uint32_t *mark)
{
	uint64_t n = 0;

	if (!text_is_nocase(v->text, "off") && !text_hex(v->text, UINT32_MAX, &n) &&
	    !number(v, 0, UINT32_MAX, "off, 0x and a hexadecimal number, or ", &n))
		return false;
	*mark = (uint32_t)n;
	return true;
}

bool value_keepalive(const struct value *v, uint16_t *seconds)
{
	uint64_t n = 0;

	if (!text_is_nocase(v->text, "off") && !number(v, 0, UINT16_MAX, "off or ", &n))
		return false;
	*seconds = (uint16_t)n;
	return true;
}

bool value_table(const struct value *v, enum conf_table_kind *kind, uint32_t *table)
{
	/* rtnetlink(7); every system's rt_tables has these three. */
	static const struct {
		const char *name;
		enum conf_table_kind kind;
		uint32_t table;
	} known[] = {
		{ "auto", TABLE_AUTO, 0 },        { "off", TABLE_OFF, 0 },
		{ "default", TABLE_NUMBER, 253 }, { "main", TABLE_NUMBER, 254 },
		{ "local", TABLE_NUMBER, 255 },
	};
	uint64_t n;
	size_t i;

	for (i = 0; i < LEN(known); i++) {
		if (!text_is_nocase(v->text, known[i].name))
			continue;
		*kind = known[i].kind;
		*table = known[i].table;
		return true;
	}
	if (!(text_hex(v->text, UINT32_MAX, &n) && n > 0) &&
	    !number(v, 1, UINT32_MAX, "off, auto, main, or ", &n))
		return false;
	*kind = TABLE_NUMBER;
	*table = (uint32_t)n;
	return true;
}

bool value_aead(const struct value *v, const char **name)
{
	const char *known = aeadname_find(v->text);
	char quote[DIAG_LINE_QUOTE], list[AEADNAME_LIST];
	size_t i;

	if (known) {
		*name = known;
		return true;
	}
	diag_line_quote(quote, v->text);
	for (i = 0; (known = aeadname(i)); i++)
		if (text_distance(v->text, known, 2) <= 2)
			return value_error(v, v->text.at, "%s: \"%s\"; did you mean %s?", v->key,
					   quote, known);
	aeadname_list(list, ", ", " or ");
	return value_error(v, v->text.at, "%s: \"%s\"; expected %s", v->key, quote, list);
}

bool value_bool(const struct value *v, bool *yes)
{
	bool is_true = text_is_nocase(v->text, "true");
	char quote[DIAG_LINE_QUOTE];

	if (!is_true && !text_is_nocase(v->text, "false"))
		return value_error(v, v->text.at, "%s: \"%s\"; expected true or false", v->key,
				   diag_line_quote(quote, v->text));
	*yes = is_true;
	return true;
}

bool value_item(const struct value *v, struct text *rest, struct text *item)
{
	const char *comma;

	while (rest->at < rest->end) {
		comma = memchr(rest->at, ',', text_len(*rest));
		*item = text_from(rest->at, (size_t)((comma ? comma : rest->end) - rest->at));
		rest->at = comma ? comma + 1 : rest->end;
		if (comma == rest->end - 1)
			value_error(v, comma,
				    "%s ends with a comma; remove it, or write what is missing",
				    v->key);
		else if (text_len(*item) == 0)
			value_error(v, comma, "%s: nothing before this comma; remove it", v->key);
		if (text_len(*item))
			return true;
	}
	return false;
}

bool value_loose_item(const struct value *v, struct text *rest, struct text *item)
{
	const char *at;

	while (rest->at < rest->end && *rest->at == ',')
		rest->at++;
	if (rest->at == rest->end)
		return false;
	/* "10.0.0.1 / 24" is one item, as white space around the slash is ignored. */
	for (at = rest->at + 1; at < rest->end && *at != ','; at++)
		if (line_gap(v->line, at) && *at != '/' && at[-1] != '/')
			break;
	*item = text_from(rest->at, (size_t)(at - rest->at));
	rest->at = at;
	return true;
}
