/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_layout.c - address space: no randomisation, the old layout, a terabyte reserved, a process
 * at the limit of its number of mappings, memory that children do not get host: slow time=40
 */
#include "host.h"
#include <sys/personality.h>

static unsigned long persona;

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 2000);
	return NULL;
}

static int start(void)
{
	MUST(personality(persona) >= 0);
	exec_self("started");
	return 1;
}

static int many_maps(void)
{
	int n = 0;

	for (;; n++) {
		void *p = mmap(NULL, 4096, n & 1 ? PROT_READ : PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED || n > 200000) {
			break;
		}
	}
	for (int i = 0; i < 5000; i++) {
		void *p = malloc((size_t)i);

		KEEP(p);
		free(p);
	}
	return 7;
}

static int reserve(void)
{
	void *p = mmap(NULL, (size_t)1 << 40, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	churn(1, 5000);
	crew(3, thread);
	return host_failed ? 1 : 8;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		churn(1, 5000);
		crew(3, thread);
		return 6;
	}
	persona = ADDR_NO_RANDOMIZE;
	printf("not random: %s\n", ended(reap(child(start))));
	persona = ADDR_COMPAT_LAYOUT;
	printf("old layout: %s\n", ended(reap(child(start))));
	persona = ADDR_LIMIT_3GB | ADDR_NO_RANDOMIZE;
	printf("3 GB: %s\n", ended(reap(child(start))));
	printf("many mappings: %s\n", ended(reap(child(many_maps))));
	printf("reserved: %s\n", ended(reap(child(reserve))));
	churn(1, 3000);
	printf("many mappings: %s\n", ended(reap(child(many_maps))));
	return done();
}
