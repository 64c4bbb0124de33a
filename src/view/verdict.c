/* SPDX-License-Identifier: ISC */
#include "view/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "control/record.h"

enum { WIDTH = 78, INDENT = 10 };

struct verdict_item *verdict_add(struct verdict_list *l)
{
	struct verdict_item *grown;

	if (l->n == l->cap) {
		grown = mem_new_array(l->cap ? l->cap * 2 : 4, sizeof(*grown));
		if (!grown)
			return NULL;
		if (l->n)
			memcpy(grown, l->item, l->n * sizeof(*grown));
		mem_free(l->item);
		l->item = grown;
		l->cap = l->cap ? l->cap * 2 : 4;
	}
	memset(&l->item[l->n], 0, sizeof(l->item[l->n]));
	return &l->item[l->n++];
}

void verdict_free(struct verdict_list *l)
{
	mem_free(l->item);
	*l = (struct verdict_list){ 0 };
}

static bool is_yes(struct text line, const char *key)
{
	char value[8];

	return record_get(line, key, value, sizeof(value)) && strcmp(value, "yes") == 0;
}

static int take_verdict(struct verdict_list *l, struct text line)
{
	struct verdict_item *v = verdict_add(l);
	char peer[KEY_BASE64_LEN + 1];

	if (!v)
		return -ENOMEM;
	record_get(line, "verdict", v->code, sizeof(v->code));
	record_get(line, "certainty", v->certainty, sizeof(v->certainty));
	v->problem = is_yes(line, "problem");
	if (record_get(line, "peer", peer, sizeof(peer)) && strcmp(peer, "none") != 0)
		memcpy(v->peer, peer, sizeof(peer));
	record_number(line, "age", &v->age);
	record_get(line, "what", v->what, sizeof(v->what));
	record_get(line, "because", v->because, sizeof(v->because));
	return 0;
}

static void take_step(struct verdict_list *l, struct text line)
{
	struct verdict_item *v = l->n ? &l->item[l->n - 1] : NULL;
	struct verdict_step *s;
	char where[8];

	if (!v || v->n_steps == VERDICT_STEPS)
		return;
	s = &v->step[v->n_steps++];
	s->there = record_get(line, "step", where, sizeof(where)) && strcmp(where, "there") == 0;
	record_get(line, "text", s->text, sizeof(s->text));
}

static bool begins(struct text line, const char *word)
{
	size_t len = strlen(word);

	return text_len(line) >= len && memcmp(line.at, word, len) == 0;
}

int verdict_read(struct verdict_list *l, struct text lines)
{
	struct text line;

	while (text_split(&lines, '\n', &line)) {
		int r = 0;

		if (begins(line, "why=")) {
			record_get(line, "why", l->name, sizeof(l->name));
			record_number(line, "peers", &l->peers);
			record_number(line, "up", &l->up);
			record_number(line, "problems", &l->problems);
			record_number(line, "early", &l->early);
		} else if (begins(line, "peer=")) {
			if (!l->peer_records.at)
				l->peer_records.at = line.at;
			l->peer_records.end = line.end;
		} else if (begins(line, "verdict=")) {
			r = take_verdict(l, line);
		} else if (begins(line, "step=")) {
			take_step(l, line);
		}
		if (r < 0)
			return r;
	}
	return *l->name ? 0 : -EPROTO;
}

/* --- for people --- */

/* A paragraph after a label, with lines broken between words; long words stay whole. */
static void paragraph(struct print *out, const char *label, const char *text)
{
	size_t column = INDENT;

	print_add(out, "  %-*s", INDENT - 2, label);
	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > INDENT && column + 1 + len > WIDTH) {
			print_add(out, "\n%*s", INDENT, "");
			column = INDENT;
		}
		if (column > INDENT)
			print_add(out, " ");
		column += len + (column > INDENT);
		print_bytes(out, text, len);
		text += len;
		text += strspn(text, " ");
	}
	print_add(out, "\n");
}

/* Commands stay on one line, as they will be copied. */
static void steps(struct print *out, const struct verdict_item *v, bool there)
{
	const char *label = there ? "there" : "here";
	size_t i;

	for (i = 0; i < v->n_steps; i++) {
		if (v->step[i].there != there)
			continue;
		print_add(out, "  %-*s%s\n", INDENT - 2, label, v->step[i].text);
		label = "";
	}
}

static void show_item(struct print *out, const struct verdict_item *v)
{
	print_add(out, "\n%s (%s%s)", v->code, v->problem ? "" : "a remark; ", v->certainty);
	if (*v->peer)
		print_add(out, "  peer %s", v->peer);
	print_add(out, "\n");
	paragraph(out, "what", v->what);
	paragraph(out, "why", v->because);
	steps(out, v, false);
	steps(out, v, true);
}

/* What else is known about peers that are not up. */
static void show_peers(struct print *out, struct text records)
{
	char key[KEY_BASE64_LEN + 1], state[16], reason[VERDICT_TEXT];
	struct text line;

	while (records.at && text_split(&records, '\n', &line)) {
		if (!record_get(line, "peer", key, sizeof(key)) ||
		    !record_get(line, "state", state, sizeof(state)) || strcmp(state, "up") == 0)
			continue;
		record_get(line, "reason", reason, sizeof(reason));
		print_add(out, "  peer %s is %s: %s\n", key, state, reason);
	}
}

/* Since when the first of those was asked whose answer is still due: seconds. */
static uint64_t longest_wait(const struct verdict_list *l)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct verdict_item *v = &l->item[i];

		if (strcmp(v->code, "E-TOO-EARLY") == 0 && v->age > longest)
			longest = v->age;
	}
	return longest;
}

void verdict_show(struct print *out, const struct verdict_list *l)
{
	size_t i;

	print_add(out, "%s: ", l->name);
	if (l->problems)
		print_add(out, "%" PRIu64 " problem%s", l->problems, l->problems == 1 ? "" : "s");
	else if (l->early)
		print_add(out, "too early: asked %" PRIu64 " s ago", longest_wait(l));
	else
		print_add(out, "no known problem");
	if (l->peers)
		print_add(out, "; %" PRIu64 " of %" PRIu64 " peer%s up", l->up, l->peers,
			  l->peers == 1 ? " is" : "s are");
	print_add(out, "\n");
	show_peers(out, l->peer_records);
	for (i = 0; i < l->n; i++)
		show_item(out, &l->item[i]);
}
