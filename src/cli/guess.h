/* SPDX-License-Identifier: ISC */
#ifndef CLI_GUESS_H
#define CLI_GUESS_H

/* The verb that a word was probably meant to be; NULL: none is close. */
const char *guess_verb(const char *word);

#endif
