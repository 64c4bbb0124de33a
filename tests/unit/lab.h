/* SPDX-License-Identifier: ISC */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

/*
 * A network namespace of a test program's own.  It goes away with the process, and
 * with it all that the test made.
 */

/*
 * Enter it, as root or as root of a user namespace; lo is up.  Leaves with 77
 * (skipped) if that cannot be.
 */
void lab_enter(void);
/* Leaves with 77 if this file cannot be opened for reading and writing. */
void lab_needs(const char *path);
/* Run a shell command; its exit status. */
int lab_try(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Run one that must succeed: the test fails if not. */
void lab_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Write a word to a file, as sysctl does; the test fails if that cannot be. */
void lab_write(const char *path, const char *word);

#endif
