/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_checkpoint.c - a checkpointer: reads its own /proc/self/maps, copies all that it may write,
 * works on, puts everything back as it was and goes on from there, as DMTCP does; what we had made
 * meanwhile is then forgotten, a state file too
 * host: murder
 */
#include "host.h"
#include <ucontext.h>

struct region {
	char *from;
	size_t n;
	char *copy;
};

static struct region regions[400];
static int n_regions;
static ucontext_t then;
static volatile int restored;
static int *counter;

/* Not in what is put back: a mapping of its own, shared. */
static char *vault;
static size_t vault_used;
#define VAULT (512ul << 20)

static void checkpoint(void)
{
	static char text[1 << 18];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t got, n = 0;

	while ((got = read(fd, text + n, sizeof(text) - 1 - (size_t)n)) > 0) {
		n += got;
	}
	text[n] = 0;
	close(fd);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long from, to;
		char prot[5];

		if (sscanf(line, "%lx-%lx %4s", &from, &to, prot) != 3 || prot[0] != 'r' ||
		    prot[1] != 'w' || prot[3] != 'p' || strstr(line, "[stack]") ||
		    strstr(line, "[v") || (uintptr_t)text - from < to - from) {
			continue;
		}
		struct region *r = &regions[n_regions++];

		r->from = (char *)from;
		r->n = to - from;
		r->copy = vault + vault_used;
		MUST(vault_used + r->n < VAULT && n_regions < 400);
		vault_used += r->n;
		if ((uintptr_t)regions - from >= to - from) {
			memcpy(r->copy, r->from, r->n);
		} else {
			r->n = 0;
		}
	}
}

int main(void)
{
	vault = mmap(NULL, VAULT, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	MUST(vault != MAP_FAILED);
	churn(1, 2000);
	counter = malloc(100000);
	*counter = 5;
	checkpoint();
	/* The heap, its books and the libraries' data go back, under libc's feet and ours. */
	*counter = 7;
	void *p = malloc(200000);

	churn(2, 3000);
	free(p);
	for (int i = 0; i < n_regions; i++) {
		struct region *r = &regions[i];

		for (size_t at = 0; at < r->n; at += 4096) {
			if (memcmp(r->from + at, r->copy + at, 4096) != 0) {
				memcpy(r->from + at, r->copy + at, 4096);
			}
		}
	}
	printf("counter %d\n", *counter);
	churn(3, 3000);
	free(counter);
	return done();
}
