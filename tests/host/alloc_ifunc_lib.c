/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ifunc_lib.c - the resolver of an IFUNC in a library allocates; the loader calls it before
 * a preload's own relocations are done
 * host: lib=lib_early link=$HOST_LIB/lib_early.so
 */
#include "host.h"

int early_answer(void);
const char *early_text(void);
void *early_kept(int which);

int main(void)
{
	printf("%d %s\n", early_answer(), early_text());
	CHECK(early_kept(0) && early_kept(1));
	free(early_kept(0));
	churn(1, 2000);
	return done();
}
