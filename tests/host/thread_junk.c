/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_junk.c - malloc called with junk in RBP and the other saved registers: unmapped,
 * misaligned, non-canonical, kernel, self-pointing and looping frame chains
 */
#include "host.h"

void *call_with_rbp(void *rbp, size_t size);

__asm__(".text\n"
	".globl call_with_rbp\n"
	".type call_with_rbp,@function\n"
	"call_with_rbp:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	sub $8, %rsp\n"
	"	mov %rdi, %rbp\n"
	"	mov %rdi, %rbx\n"
	"	mov %rsi, %rdi\n"
	"	call malloc@PLT\n"
	"	add $8, %rsp\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	".size call_with_rbp, .-call_with_rbp\n");

static void *attack(void *arg)
{
	void *chain[8];
	char *hole = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *junk[] = {
		NULL,
		(void *)1,
		(void *)8,
		(void *)0xdeadbeef,
		(void *)0x7fffffffffff,
		(void *)0x8000000000000000,
		(void *)0xffffffffff600000,
		(void *)0xffff888000000000,
		(void *)-1,
		(void *)-16,
		&chain[0],
		&chain[3],
		(char *)&chain[0] + 3,
		hole + 4096 - 8,
		hole + 4096 + 16,
		hole + 8192 - 4,
		(void *)attack,
		(void *)&chain[6],
	};

	munmap(hole, 4096);
	mprotect(hole + 4096, 4096, PROT_NONE);
	chain[0] = &chain[2];
	chain[1] = (void *)attack;
	chain[2] = &chain[0];
	chain[3] = &chain[3];
	chain[4] = (void *)attack;
	chain[5] = NULL;
	chain[6] = hole + 4096;
	chain[7] = (void *)1;
	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < sizeof(junk) / sizeof(*junk); i++) {
			void *p = call_with_rbp(junk[i], 5000);

			CHECK(p);
			free(p);
		}
	}
	return arg;
}

int main(void)
{
	attack(NULL);
	crew(3, attack);
	return done();
}
