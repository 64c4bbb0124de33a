/* SPDX-License-Identifier: ISC */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

/* Pages of the program and its libraries that hold only what their files do. */

/*
 * Drop them after the start, which ran much code that will not run again; pages still in use
 * are mapped again on access, from the page cache. Nothing else changes, and nothing can fail.
 */
void pages_drop(void);

#endif
