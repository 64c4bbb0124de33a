/* SPDX-License-Identifier: ISC */
#include "cli/verb.h"
#include "daemon/startup.h"

int main(int argc, char **argv)
{
	if (startup_is_meant(argc, argv))
		return startup_main(argv);
	return verb_main(argc, argv);
}
