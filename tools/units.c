/* SPDX-License-Identifier: Apache-2.0 */
/* pprof picks one unit for a report: that of the smallest number; where the total needs a larger
 * one and is over 100 times the smallest, that of 100 times the smallest, so that the smallest may
 * sink to 0.01 (internal/report/report.go, selectOutputUnit). */
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct unit sizes[] = {
	{"B", 1},
	{"kB", 1024.0},
	{"MB", 1024.0 * 1024},
	{"GB", 1024.0 * 1024 * 1024},
	{"TB", 1024.0 * 1024 * 1024 * 1024},
	{"PB", 1024.0 * 1024 * 1024 * 1024 * 1024},
};

static struct unit fit(double value)
{
	struct unit unit = sizes[0];

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (fabs(value) >= sizes[i].factor) {
			unit = sizes[i];
		}
	}
	return unit;
}

struct unit units_pick(bool bytes, int64_t smallest, int64_t total)
{
	if (!bytes) {
		return UNITS_COUNT;
	}
	const double low = fabs((double)(smallest ? smallest : total));
	const double high = fabs((double)total);
	const struct unit unit = fit(low);
	if (unit.factor != fit(high).factor && low * 100 < high) {
		return fit(low * 100);
	}
	return unit;
}

/* 'B', 'byte', 'bytes'; 'kB', 'kbyte', 'kilobytes', ... */
static bool is_name(const char *name, size_t number)
{
	static const char *const prefixes[] = {"", "kilo", "mega", "giga", "tera", "peta"};
	const char *prefix = prefixes[number];
	const size_t length = strlen(prefix);

	if (!strcasecmp(name, sizes[number].name)) {
		return true;
	}
	if (length && !strncasecmp(name, prefix, length)) {
		name += length;
	} else if (length) {
		if (strncasecmp(name, prefix, 1) != 0) {
			return false;
		}
		name++;
	}
	return !strcasecmp(name, "byte") || !strcasecmp(name, "bytes");
}

bool units_find(const char *name, struct unit *unit)
{
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (is_name(name, i)) {
			*unit = sizes[i];
			return true;
		}
	}
	*unit = UNITS_AUTO;
	return !strcmp(name, "auto");
}

/* A number and its unit, @unit where there is none; what stands behind, or NULL. */
static const char *parse_size(const char *text, struct unit *unit, uint64_t *bytes)
{
	char name[16];
	char *end;

	if (!isdigit((unsigned char)*text)) {
		return NULL;
	}
	errno = 0;
	const unsigned long long number = strtoull(text, &end, 10);
	const size_t length = strcspn(end, ":");
	if (length) {
		snprintf(name, sizeof name, "%.*s", (int)(length < 15 ? length : 15), end);
	}
	if (errno || (length && (!units_find(name, unit) || unit->factor == 0)) ||
	    __builtin_mul_overflow(number, (uint64_t)unit->factor, bytes)) {
		return NULL;
	}
	return end + length;
}

bool units_parse_range(const char *text, struct units_range *range)
{
	struct unit unit = sizes[0];

	*range = (struct units_range){.text = text, .high = UINT64_MAX};
	text += strncmp(text, "bytes=", 6) ? 0 : 6;
	if (*text == ':') {
		text = parse_size(text + 1, &unit, &range->high);
		return text && !*text;
	}
	text = parse_size(text, &unit, &range->low);
	if (!text) {
		return false;
	}
	if (!*text) {
		range->high = range->low;
		return true;
	}
	text = text[1] ? parse_size(text + 1, &unit, &range->high) : text + 1;
	return text && !*text;
}

const char *units_amount(char *text, int64_t value, struct unit unit)
{
	char number[UNITS_TEXT];

	if (unit.factor == 0) {
		unit = fit((double)value);
	}
	snprintf(number, sizeof number, "%.2f", (double)value / unit.factor);
	const size_t length = strlen(number);
	if (length > 3 && !strcmp(number + length - 3, ".00")) {
		number[length - 3] = 0;
	}
	if (!strcmp(number, "0") || !strcmp(number, "-0")) {
		snprintf(text, UNITS_TEXT, "0");
	} else {
		snprintf(text, UNITS_TEXT, "%.26s%.4s", number, unit.name);
	}
	return text;
}

const char *units_share(char *text, int64_t value, int64_t total)
{
	const double share = total ? fabs((double)value / (double)total) * 100 : 0;

	if (share >= 99.95 && share <= 100.05) {
		snprintf(text, UNITS_TEXT, "  100%%");
	} else if (share >= 1) {
		snprintf(text, UNITS_TEXT, "%5.2f%%", share);
	} else {
		snprintf(text, UNITS_TEXT, "%5.2g%%", share);
	}
	return text;
}

const char *units_thousands(char *text, int64_t value)
{
	char digits[24];
	size_t to = 0;

	const int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
	for (int i = 0; i < length; i++) {
		text[to++] = digits[i];
		const int left = length - 1 - i;
		if (left && left % 3 == 0 && digits[i] != '-') {
			text[to++] = ',';
		}
	}
	text[to] = 0;
	return text;
}
