/* SPDX-License-Identifier: Apache-2.0 */
/* units - amounts and shares as pprof writes them
 *
 * The rules are those of pprof's internal/measurement and internal/report, so that a number reads
 * the same in both tools: 1 kB is 1024 bytes, two decimals, '.00' left out, '0' without a unit.
 *
 *     one unit for a whole table: units_pick(smallest, total); UNITS_AUTO fits each number
 *
 * Nothing here knows a profile. */
#ifndef LEAKTRACK_TOOLS_UNITS_H
#define LEAKTRACK_TOOLS_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit {
	const char *name; /* "": plain counts */
	double factor;	  /* 0: fits each number, by bytes */
};

#define UNITS_TEXT  32 /* room for one amount */

#define UNITS_AUTO  ((struct unit){"", 0})
#define UNITS_COUNT ((struct unit){"", 1})

/* units_pick - the unit of a table whose smallest number but 0 is @smallest and total @total;
 * @bytes false: plain counts */
struct unit units_pick(bool bytes, int64_t smallest, int64_t total);

/* units_find - by name: b, kB, MB, GB, TB, PB, as pprof takes them, so kbyte and kilobytes too; and
 * auto; false: there is none */
bool units_find(const char *name, struct unit *unit);

/* units_parse_range - '4kB', '1kB:64kB', ':64kB', '1MB:', with 'bytes=' before it or not, as
 * pprof's -tagfocus takes them; the second number has the first one's unit where it has none
 * Returns false when it is none. */
struct units_range {
	const char *text;   /* as it was given; NULL: not */
	uint64_t low, high; /* both belong to it */
};
bool units_parse_range(const char *text, struct units_range *range);

static inline bool units_in_range(const struct units_range *range, uint64_t bytes)
{
	return bytes >= range->low && bytes <= range->high;
}

/* units_amount - '1.50MB'; @text has UNITS_TEXT bytes and is returned */
const char *units_amount(char *text, int64_t value, struct unit unit);

/* units_share - '12.34%', six wide, '  100%' where it is so; the sign is dropped */
const char *units_share(char *text, int64_t value, int64_t total);

/* units_thousands - '1,234,567' */
const char *units_thousands(char *text, int64_t value);

#endif
