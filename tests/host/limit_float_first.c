/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_float_first.c - traps are on before the first allocation of the process
 * host: link=-lm
 */
#include "host.h"
#include <fenv.h>

int main(void)
{
	feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INEXACT);
	churn(1, 10000);
	fedisableexcept(FE_ALL_EXCEPT);
	return done();
}
