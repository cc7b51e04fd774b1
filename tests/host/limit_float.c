/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_float.c - the floating point state is the host's: no trap with feenableexcept, no flag
 * raised, no rounding mode lost, odd modes do not matter
 * host: link=-lm flags=-frounding-math
 */
#include "host.h"
#include <fenv.h>
#include <xmmintrin.h>

static void *traps(void *arg)
{
	feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INEXACT);
	churn((unsigned)(intptr_t)arg, 8000);
	CHECK(fegetexcept() ==
	      (FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INEXACT));
	fedisableexcept(FE_ALL_EXCEPT);
	return NULL;
}

static void *flags(void *arg)
{
	static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

	for (int i = 0; i < 4; i++) {
		unsigned csr;

		fesetround(modes[i]);
		_mm_setcsr(_mm_getcsr() | 0x8040);
		feclearexcept(FE_ALL_EXCEPT);
		csr = _mm_getcsr();
		churn((unsigned)(intptr_t)arg + (unsigned)i, 4000);
		CHECK(fetestexcept(FE_ALL_EXCEPT) == 0);
		CHECK(fegetround() == modes[i]);
		CHECK(_mm_getcsr() == csr);
		_mm_setcsr(_mm_getcsr() & ~0x8040u);
	}
	fesetround(FE_TONEAREST);
	return NULL;
}

static void *x87(void *arg)
{
	unsigned short narrow = 0x007f, old, now;

	/* Single precision, all masked: as some emulators set it. */
	__asm__ volatile("fnstcw %0" : "=m"(old));
	__asm__ volatile("fldcw %0" : : "m"(narrow));
	churn((unsigned)(intptr_t)arg, 4000);
	__asm__ volatile("fnstcw %0" : "=m"(now));
	CHECK(now == narrow);
	__asm__ volatile("fldcw %0" : : "m"(old));
	return NULL;
}

int main(void)
{
	traps(NULL);
	flags(NULL);
	x87(NULL);
	crew(4, traps);
	crew(4, flags);
	crew(2, x87);
	return done();
}
