/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_paging.c - a SIGSEGV handler that maps pages on demand, as databases and collectors do: it
 * sees exactly the faults of the host
 */
#include "host.h"

#define PAGES 200

static char *area;
static int faults, strange;

static void on_segv(int sig, siginfo_t *info, void *context)
{
	char *at = info->si_addr;

	(void)context;
	if (at < area || at >= area + PAGES * 4096) {
		strange++;
		_exit(50 + sig);
	}
	faults++;
	mprotect((char *)((uintptr_t)at & ~(uintptr_t)4095), 4096, PROT_READ | PROT_WRITE);
}

/* Calls malloc(4000) with a frame pointer that leads into pages that are not there. */
void *alloc_with_frame(void *frame);
__asm__(".text\n"
	".globl alloc_with_frame\n"
	"alloc_with_frame:\n"
	"	push %rbp\n"
	"	mov %rdi, %rbp\n"
	"	mov $4000, %edi\n"
	"	call malloc@PLT\n"
	"	pop %rbp\n"
	"	ret\n");

int main(void)
{
	struct sigaction act = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_NODEFER};

	area = mmap(NULL, PAGES * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(area != MAP_FAILED);
	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < PAGES; i++) {
		free(alloc_with_frame(area + i * 4096 + 64));
		churn((unsigned)i, 20);
		if (i % 2) {
			area[i * 4096 + 5] = 1;
		}
	}
	printf("faults %d, strange %d\n", faults, strange);
	return done();
}
