/* SPDX-License-Identifier: ISC */
#include "view/gather.h"

#include <errno.h>

#include "base/mem.h"
#include "base/say.h"
#include "control/ask.h"
#include "control/control.h"
#include "control/running.h"

/* Fill an initialised report. 0 or -errno; other implementations answer only the first request. */
static int inquire(struct tunnelview *r)
{
	struct print lines = { 0 };
	int err = ask(r->name, "get=1", &lines);

	if (err == 0)
		err = tunnelview_get(r, text_from(lines.chars, lines.len));
	else if (err > 0)
		err = -err;
	print_fini(&lines);
	if (err < 0)
		return err;
	if (ask(r->name, "status=1", &lines) == 0)
		tunnelview_status(r, text_from(lines.chars, lines.len));
	print_fini(&lines);
	return 0;
}

static int take(struct gather *g, const char *name)
{
	struct tunnelview *r = &g->report[g->n];
	int err;

	tunnelview_init(r, name);
	err = inquire(r);
	if (err < 0)
		tunnelview_fini(r);
	else
		g->n++;
	return err;
}

static int gather_all(struct gather *g)
{
	struct running running;
	size_t i;
	int r = running_find(&running);

	if (r < 0) {
		say("%s: %s", CONTROL_DIR, ask_error(r));
		return r;
	}
	g->report = mem_new_array(running.n + 1, sizeof(*g->report));
	if (!g->report)
		r = -ENOMEM;
	for (i = 0; g->report && i < running.n; i++) {
		int err = take(g, running.name[i]);

		if (err < 0 && err != -ENOENT && err != -ECONNREFUSED && err != -EINVAL) {
			say("%s: %s", running.name[i], ask_error(err));
			g->failed++;
		}
	}
	running_free(&running);
	return r;
}

int gather(struct gather *g, const char *name)
{
	*g = (struct gather){ 0 };
	if (!name)
		return gather_all(g);
	g->report = mem_new(sizeof(*g->report));
	return g->report ? take(g, name) : -ENOMEM;
}

void gather_free(struct gather *g)
{
	while (g->n)
		tunnelview_fini(&g->report[--g->n]);
	mem_free(g->report);
	*g = (struct gather){ 0 };
}
