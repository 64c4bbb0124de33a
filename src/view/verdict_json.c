/* SPDX-License-Identifier: ISC */
/* The verdicts for machines. Keys and codes are stable; docs/WHY.md is their contract. */
#include "view/jprint.h"
#include "view/verdict.h"

enum { SCHEMA = 1, SPACES = 2 };

static json_t *steps_json(const struct verdict_item *v, bool *bad)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < v->n_steps; i++) {
		json_t *one = json_object();

		jprint_put(one, "where", jprint_string(v->step[i].there ? "there" : "here"), bad);
		jprint_put(one, "text", jprint_string(v->step[i].text), bad);
		jprint_append(all, one, bad);
	}
	return all;
}

static json_t *item_json(const struct verdict_item *v, bool *bad)
{
	json_t *one = json_object();

	jprint_put(one, "code", jprint_string(v->code), bad);
	jprint_put(one, "certainty", jprint_string(v->certainty), bad);
	jprint_put(one, "problem", json_boolean(v->problem), bad);
	jprint_put(one, "peer", jprint_string(v->peer), bad);
	jprint_put(one, "age_seconds", jprint_number(v->age), bad);
	jprint_put(one, "what", jprint_string(v->what), bad);
	jprint_put(one, "because", jprint_string(v->because), bad);
	jprint_put(one, "steps", steps_json(v, bad), bad);
	return one;
}

void verdict_json(struct print *out, const struct verdict_list *l)
{
	json_t *all = json_object(), *list = json_array();
	bool bad = false;
	size_t i;

	jprint_put(all, "schema", json_integer(SCHEMA), &bad);
	jprint_put(all, "name", jprint_string(l->name), &bad);
	jprint_put(all, "healthy", json_boolean(l->problems == 0 && l->early == 0), &bad);
	jprint_put(all, "peers", jprint_number(l->peers), &bad);
	jprint_put(all, "peers_up", jprint_number(l->up), &bad);
	jprint_put(all, "peers_early", jprint_number(l->early), &bad);
	for (i = 0; i < l->n; i++)
		jprint_append(list, item_json(&l->item[i], &bad), &bad);
	jprint_put(all, "verdicts", list, &bad);
	jprint(out, all, SPACES, bad);
}
