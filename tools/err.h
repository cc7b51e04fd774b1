/* SPDX-License-Identifier: Apache-2.0 */
/* err - what went wrong, as a value
 *
 * A function that can fail takes a `struct err *` as its last parameter, returns 0 or -1, and on
 * -1 has filled it with one line that has no newline at its end: 'what: why'. Callers add what
 * they know in front on the way up, so that the text ends as 'a.heap: line 7: no address'.
 *
 * Nothing here prints, ends the program or allocates; a text that does not fit is cut. A NULL
 * err is allowed everywhere: the caller wants to know that it failed, not why. */
#ifndef LEAKTRACK_TOOLS_ERR_H
#define LEAKTRACK_TOOLS_ERR_H

struct err {
	char text[512]; /* "" until a function failed */
};

/* err_set - replace the text; returns -1, so that `return err_set(err, …);` reads well */
int err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* err_sys - as err_set, with ': ' and the words for the present errno behind; returns -1 */
int err_sys(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* err_add - put 'context: ' in front of the text; returns -1 */
int err_add(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
