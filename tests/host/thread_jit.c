/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_jit.c - code in anonymous executable pages calls malloc; the pages are rewritten, unmapped
 * and mapped again at the same address
 */
#include "host.h"

typedef void *(*jit_fn)(size_t);

/* A function that moves the stack pointer by a given number of bytes and calls malloc. */
static size_t emit(unsigned char *at, unsigned frame, bool with_rbp)
{
	size_t n = 0;
	uintptr_t target = (uintptr_t)malloc;

	if (with_rbp) {
		memcpy(at + n, "\x55\x48\x89\xe5", 4); /* push rbp; mov rbp, rsp */
		n += 4;
		frame += 8;
	}
	memcpy(at + n, "\x48\x81\xec", 3); /* sub rsp, frame */
	memcpy(at + n + 3, &frame, 4);
	n += 7;
	memcpy(at + n, "\x48\xb8", 2); /* mov rax, malloc */
	memcpy(at + n + 2, &target, 8);
	n += 10;
	memcpy(at + n, "\xff\xd0", 2); /* call rax */
	n += 2;
	memcpy(at + n, "\x48\x81\xc4", 3); /* add rsp, frame */
	memcpy(at + n + 3, &frame, 4);
	n += 7;
	if (with_rbp) {
		at[n++] = 0x5d; /* pop rbp */
	}
	at[n++] = 0xc3;
	return n;
}

static void rewrite(unsigned char *page)
{
	for (int round = 0; round < 200; round++) {
		jit_fn fn = (jit_fn)(void *)page;

		emit(page, 8 + 16 * (unsigned)(round % 40), round % 3 == 0);
		for (int i = 0; i < 20; i++) {
			void *p = fn(4000);

			CHECK(p);
			free(p);
		}
	}
}

static void *work(void *arg)
{
	unsigned char *fixed = NULL;

	for (int turn = 0; turn < 20; turn++) {
		unsigned char *page = mmap(fixed, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		NEED(page != MAP_FAILED, "no writable and executable pages here");
		rewrite(page);
		fixed = page;
		munmap(page, 4096);
		churn((unsigned)turn, 100);
	}
	return arg;
}

int main(void)
{
	work(NULL);
	crew(4, work);
	return done();
}
