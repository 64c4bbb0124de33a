/* SPDX-License-Identifier: ISC */
#include "pair/confhold.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/say.h"
#include "pair/confdir.h"
#include "pair/confsweep.h"

void confhold_say(void)
{
	say("another process has locked " CONFDIR " (see: fuser " CONFDIR "); nothing was changed");
}

/* *r: as confsweep(); 0 without the folder. */
static int begin(int *r)
{
	int folder = open(CONFDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*r = folder < 0 ? 0 : confsweep(folder);
	return folder;
}

int confhold_begin(void)
{
	int r;

	return begin(&r);
}

void confhold_end(int folder)
{
	if (folder >= 0)
		close(folder);
}

void confhold_once(void)
{
	confhold_end(confhold_begin());
}

bool confhold_may_write(void)
{
	int r;

	confhold_end(begin(&r));
	if (r == -EAGAIN)
		confhold_say();
	return r != -EAGAIN;
}

bool confhold_is_whole(int folder, const char *name)
{
	bool whole = folder < 0 || confsweep_is_whole(folder, name);

	if (!whole)
		say("%s/%s.conf and its key do not belong together: a command that replaced them "
		    "was killed; this undoes it: sudo taut check %s",
		    CONFDIR, name, name);
	return whole;
}
