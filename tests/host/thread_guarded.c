/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_guarded.c - coroutines carved out of the main thread's own stack and out of a hole below it,
 * each with a page above its top that nobody may read
 */
#include "host.h"

#define PAGE 4096
#define EACH (5 * PAGE)

static void *volatile back;

/* Switches to a stack and calls there; unwinders are told nothing about it. */
void call_on(void *top, void (*fn)(void));

__asm__(".text\n"
	".globl call_on\n"
	".type call_on,@function\n"
	"call_on:\n"
	"	.cfi_startproc\n"
	"	push %rbp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %rbx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	mov %rsp, %rbx\n"
	"	lea -8(%rdi), %rbp\n"
	"	mov %rdi, %rsp\n"
	"	call *%rsi\n"
	"	mov %rbx, %rsp\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size call_on, .-call_on\n");

static __attribute__((noinline)) void body(void)
{
	for (int i = 0; i < 50; i++) {
		void *p = malloc(20000);

		KEEP(p);
		free(p);
	}
	churn(1, 100);
}

static void carve(char *from, size_t bytes)
{
	char *at = (char *)(((uintptr_t)from + PAGE - 1) & -(uintptr_t)PAGE);

	for (; at + EACH + PAGE <= from + bytes; at += EACH) {
		MUST(mprotect(at + EACH - PAGE, PAGE, PROT_NONE) == 0);
		call_on(at + EACH - PAGE, body);
		MUST(mprotect(at + EACH - PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
	}
}

static void *thread(void *arg)
{
	char room[20 * PAGE];

	carve(room, sizeof(room));
	return arg;
}

int main(void)
{
	char room[20 * PAGE];
	char *below = (char *)((uintptr_t)room & -(1ul << 20)) - (64ul << 20);

	carve(room, sizeof(room));
	crew(2, thread);
	below = mmap(below, EACH, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	MUST(below != MAP_FAILED);
	call_on(below + EACH, body);
	return done();
}
