/* SPDX-License-Identifier: Apache-2.0 */
/* Variances are kept in objects, because sizes are part of a stack's key: bytes follow by the
 * square of the size. They add up over stacks, since samples are independent of each other.
 *
 * In a difference of two dumps of the same process most blocks of a steady program are in both
 * and cancel, error and all. With A allocations and F = A - I frees, each in base and now, the
 * blocks that make the difference of in-use are at most those allocated since and those freed
 * since: variance <= (A - A0) + (F - F0) = 2 (A - A0) - (I - I0), all as variances; and never
 * more than that of two independent dumps, I + I0; nor less than that of |I - I0| blocks.
 *
 * A leak only grows. Where nothing was freed since base, two standard errors are enough to call it
 * one: four samples. Where blocks come and go, a report has dozens of rows of code that frees
 * properly, and one in twenty would pass two standard errors by chance: there three are asked for,
 * one in 370, by a variance that is 9 / 4 of what it is. */
#include "estimate.h"

#include <math.h>

/* As pprof: multiply as double, cut towards zero; here it stops at the limit of int64_t, where Go
 * has no defined result. */
static int64_t scale(int64_t number, double factor)
{
	const double scaled = (double)number * factor;

	if (scaled >= 9223372036854775807.0) {
		return INT64_MAX;
	}
	return (int64_t)scaled;
}

static void add_pair(struct profile_stack *stack, enum profile_type objects, int64_t count,
		     int64_t bytes, uint64_t rate)
{
	const enum profile_type space = objects + 1;
	int64_t count_value = count;
	int64_t bytes_value = bytes;

	stack->raw[objects] = profile_sum(stack->raw[objects], count);
	stack->raw[space] = profile_sum(stack->raw[space], bytes);
	if (rate > 1 && (!count || !bytes)) {
		return;
	}
	if (rate > 1) {
		const double average = (double)bytes / (double)count;
		const double probability = 1 - exp(-average / (double)rate);
		const double factor = 1 / probability;
		count_value = scale(count, factor);
		bytes_value = scale(bytes, factor);
		stack->variance[objects / 2] += (double)count * (1 - probability) * factor * factor;
	}
	stack->value[objects] = profile_sum(stack->value[objects], count_value);
	stack->value[space] = profile_sum(stack->value[space], bytes_value);
}

void estimate_add(struct profile_stack *stack, const int64_t raw[PROFILE_TYPES], uint64_t rate)
{
	add_pair(stack, PROFILE_ALLOC_OBJECTS, raw[PROFILE_ALLOC_OBJECTS], raw[PROFILE_ALLOC_SPACE],
		 rate);
	add_pair(stack, PROFILE_INUSE_OBJECTS, raw[PROFILE_INUSE_OBJECTS], raw[PROFILE_INUSE_SPACE],
		 rate);
}

static int64_t nearest(double number)
{
	return fabs(number) < 9e18 ? (int64_t)round(number) : number < 0 ? INT64_MIN : INT64_MAX;
}

void estimate_scaled(struct profile_stack *sample, uint64_t rate)
{
	for (int objects = 0; objects < PROFILE_TYPES; objects += 2) {
		const double count = (double)sample->value[objects];
		const double bytes = (double)sample->value[objects + 1];
		const double size = count != 0 ? fabs(bytes / count) : 0;
		const double probability = rate > 1 ? 1 - exp(-size / (double)rate) : 1;
		sample->raw[objects] = nearest(count * probability);
		sample->raw[objects + 1] = nearest(bytes * probability);
		if (probability > 0) {
			sample->variance[objects / 2] =
				fabs(count) * (1 - probability) / probability;
		}
	}
}

double estimate_error(const struct profile_stack *stack, enum profile_type type)
{
	const double objects = sqrt(stack->variance[type / 2]);

	return profile_type_is_space(type) ? objects * (double)stack->size : objects;
}

double estimate_doubt(const struct profile_stack *difference, enum profile_type type)
{
	const double variance = difference->variance[type / 2];
	const bool inuse = type == PROFILE_INUSE_OBJECTS || type == PROFILE_INUSE_SPACE;
	const bool freed = difference->value[PROFILE_ALLOC_OBJECTS] !=
			   difference->value[PROFILE_INUSE_OBJECTS];

	return inuse && freed ? variance * 9 / 4 : variance;
}

int64_t estimate_held(const struct profile *profile)
{
	double held = 0;
	double sampled = 0;
	double estimated = 0;
	bool each = profile->stack_count > 0;

	for (size_t i = 0; i < profile->stack_count; i++) {
		const struct profile_stack *stack = &profile->stacks[i];
		held += (double)stack->usable * (double)stack->value[PROFILE_INUSE_OBJECTS];
		sampled += (double)stack->raw[PROFILE_INUSE_SPACE];
		estimated += (double)stack->value[PROFILE_INUSE_SPACE];
		each = each && (stack->usable || !stack->value[PROFILE_INUSE_OBJECTS]);
	}
	if (!each) {
		held = sampled > 0 ? (double)profile->about.held_bytes * (estimated / sampled) : 0;
	}
	return held > 0 && held < 9e18 ? (int64_t)held : 0;
}

void estimate_join(struct profile_stack *difference, bool same_process)
{
	double *now = difference->variance;
	double *base = difference->base_variance;
	const double alloc = fabs(now[0] - base[0]);
	const double inuse = now[1] - base[1];
	const double apart = now[1] + base[1];

	if (same_process) {
		now[0] = alloc;
		now[1] = fmax(fabs(inuse), fmin(2 * alloc - inuse, apart));
	} else {
		now[0] += base[0];
		now[1] = apart;
	}
	base[0] = base[1] = 0;
}
