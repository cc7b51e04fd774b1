/* SPDX-License-Identifier: Apache-2.0 */
/* pprof picks one unit for a report: that of the smallest number; where the total needs a larger
 * one and is over 100 times the smallest, that of 100 times the smallest, so that the smallest may
 * sink to 0.01 (internal/report/report.go, selectOutputUnit). */
#include "units.h"

#include <math.h>
#include <stdio.h>
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

bool units_find(const char *name, struct unit *unit)
{
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (!strcasecmp(name, sizes[i].name)) {
			*unit = sizes[i];
			return true;
		}
	}
	*unit = UNITS_AUTO;
	return !strcmp(name, "auto");
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
