/* SPDX-License-Identifier: Apache-2.0 */
/* The error value: one bounded line, built from the inside out. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err) {
		return -1;
	}
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

int err_sys(struct err *err, const char *format, ...)
{
	const char *why = strerror(errno);
	va_list args;
	size_t used;

	if (!err) {
		return -1;
	}
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", why);
	return -1;
}

int err_add(struct err *err, const char *format, ...)
{
	struct err inner;
	va_list args;
	size_t used;

	if (!err) {
		return -1;
	}
	inner = *err;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner.text);
	return -1;
}
