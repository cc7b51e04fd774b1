/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poisson.c - the arithmetic of sampling, in whole numbers
 *
 * exp by its binary digits: e^-x = product of e^-(2^k) over the bits set in x. log by repeated
 * squaring: each squaring of a number in [1, 2) tells one more binary digit of its log2.
 */
#include "poisson.h"

#define LN2_Q32 2977044472u /* ln(2) * 2^32 */
#define GAP_MAX (1ull << 62)

uint64_t poisson_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* -log2(u / 2^64) in units of 2^-32, for u > 0; 26 digits after the point are exact. */
static uint64_t minus_log2(uint64_t u)
{
	unsigned zeros = (unsigned)__builtin_clzll(u);
	uint64_t x = u << zeros >> 1; /* in [1, 2) as a fraction of 2^62 */
	uint64_t log = 0;

	for (int bit = 31; bit >= 6; bit--) {
		__extension__ unsigned __int128 square = (unsigned __int128)x * x;

		x = (uint64_t)(square >> 62);
		if (x >> 63 != 0) {
			log |= 1ull << bit;
			x >>= 1;
		}
	}
	return ((uint64_t)(zeros + 1) << 32) - log;
}

uint64_t poisson_gap(uint64_t u, uint64_t rate)
{
	if (rate <= 1) {
		return 0;
	}
	__extension__ unsigned __int128 nats =
		(unsigned __int128)minus_log2(u | 1) * LN2_Q32; /* in units of 2^-64 */
	__extension__ unsigned __int128 gap = (nats >> 16) * rate >> 48;

	return gap > GAP_MAX ? GAP_MAX : (uint64_t)gap;
}

uint64_t poisson_chance(uint64_t size, uint64_t rate)
{
	/* e^-(2^k) as a fraction of 2^64, k from -32 to 4; below, 1 - e^-x is x. */
	static const uint64_t powers[] = {
		0xffffffff00000000u, 0xfffffffe00000001u, 0xfffffffc00000007u, 0xfffffff80000001fu,
		0xfffffff00000007fu, 0xffffffe0000001ffu, 0xffffffc0000007ffu, 0xffffff8000001fffu,
		0xffffff0000007fffu, 0xfffffe000001ffffu, 0xfffffc000007ffffu, 0xfffff800001fffffu,
		0xfffff000007ffffdu, 0xffffe00001ffffeau, 0xffffc00007ffff55u, 0xffff80001ffffaaau,
		0xffff00007fffd555u, 0xfffe0001fffeaaabu, 0xfffc0007fff5555fu, 0xfff8001fffaaab55u,
		0xfff0007ffd555fffu, 0xffe001ffeaab5551u, 0xffc007ff555fff77u, 0xff801ffaab554445u,
		0xff007fd55ffdde38u, 0xfe01feab551127cbu, 0xfc07f55ff77d2493u, 0xf81fab5445aebc8au,
		0xf07d5fde38151e72u, 0xe1eb51276c110c3cu, 0xc75f7cf564105743u, 0x9b4597e37cb04ff3u,
		0x5e2d58d8b3bcdf1au, 0x22a555477f03973fu, 0x04b0556e084f3d1du, 0x0015fc21041027acu,
		0x000001e355bbaee8u,
	};

	if (rate <= 1 || size / rate >= 31) {
		return 1ull << 32;
	}
	__extension__ unsigned __int128 wide = ((unsigned __int128)size << 32) / rate;
	uint64_t x = (uint64_t)wide; /* size / rate as a fraction of 2^32, below 31 */
	uint64_t left = UINT64_MAX;

	for (unsigned bit = 0; x >> bit != 0; bit++) {
		if ((x >> bit & 1) != 0) {
			__extension__ unsigned __int128 product =
				(unsigned __int128)left * powers[bit];

			left = (uint64_t)(product >> 64);
		}
	}
	return (UINT64_MAX - left) >> 32;
}

bool poisson_keep(uint64_t u, uint64_t size, uint64_t rate)
{
	if (rate <= 1 || size == 0) {
		return true;
	}
	uint64_t chance = poisson_chance(size, rate), candidate = poisson_chance(size + 1, rate);

	/* Small sizes: the difference of two tiny chances drowns in their last digit. */
	if (size < rate / 1024) {
		chance = size;
		candidate = size + 1;
	}
	/* Equal ones are certain; so is every block of 31 rates, where chance << 32 would be 0. */
	return chance >= candidate || (u >> 32) * candidate < chance << 32;
}
