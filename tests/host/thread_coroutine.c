/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_coroutine.c - stacks switched by hand, as Boost.Context and Rust's coroutines do, that end
 * in a zero word or in junk, move between threads, and are unmapped afterwards
 */
#include "host.h"

#define STACK 65536

struct coroutine {
	void *sp;
	char *stack;
	int which;
};

void coroutine_switch(void **save, void *to);
void coroutine_start(void);

__asm__(".text\n"
	".globl coroutine_switch\n"
	".type coroutine_switch,@function\n"
	"coroutine_switch:\n"
	"	push %rbp\n	push %rbx\n	push %r12\n	push %r13\n	push %r14\n	"
	"push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbx\n	"
	"pop %rbp\n"
	"	ret\n"
	".size coroutine_switch, .-coroutine_switch\n"
	".globl coroutine_start\n"
	"coroutine_start:\n"
	"	mov %r12, %rdi\n"
	"	call coroutine_body\n"
	"	ud2\n");

static __thread void *home_sp;

__attribute__((used)) void coroutine_body(struct coroutine *c);

void coroutine_body(struct coroutine *c)
{
	for (;;) {
		void *p = malloc(3000);

		memset(p, c->which, 3000);
		coroutine_switch(&c->sp, *(void *volatile *)&home_sp);
		CHECK(((char *)p)[2999] == (char)c->which);
		free(p);
	}
}

static struct coroutine *fresh(int which)
{
	struct coroutine *c = malloc(sizeof(*c));
	void **top;

	c->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(c->stack != MAP_FAILED);
	memset(c->stack + STACK - 512, which % 2 ? 0xcc : 0, 512);
	c->which = which;
	top = (void **)(c->stack + STACK - 248);
	top[0] = top[1] = top[2] = top[4] = NULL;
	top[3] = c;
	top[1] = (void *)0x5555;
	top[5] = (void *)(which % 3 ? (uintptr_t)0xdeadbeefdeadbeef : (uintptr_t)c->stack + 8);
	top[6] = (void *)coroutine_start;
	c->sp = top;
	return c;
}

static struct coroutine *all[50];

static void *resume(void *arg)
{
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 50; i++) {
			coroutine_switch(&home_sp, all[i]->sp);
		}
	}
	return arg;
}

int main(void)
{
	for (int turn = 0; turn < 5; turn++) {
		pthread_t id;

		for (int i = 0; i < 50; i++) {
			all[i] = fresh(i);
		}
		resume(NULL);
		pthread_create(&id, NULL, resume, NULL);
		pthread_join(id, NULL);
		for (int i = 0; i < 50; i++) {
			munmap(all[i]->stack, STACK);
			free(all[i]);
		}
	}
	return done();
}
