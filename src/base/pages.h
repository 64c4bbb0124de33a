/* SPDX-License-Identifier: ISC */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

/* Pages of the program and its libraries, as far as they only hold what their files do. */

/*
 * Let go of them, once a start is done that ran much code which will not run again: those
 * that are still in use come back by themselves, from the system's memory.  Nothing else
 * changes, and nothing can fail.
 */
void pages_drop(void);

#endif
