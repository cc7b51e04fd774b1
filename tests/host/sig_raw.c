/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_raw.c - handlers set by the raw system call, as static runtimes do
 * host: usr2
 */
#include "signals.h"

struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

void raw_restore(void);
__asm__(".text\nraw_restore:\n	mov $15, %eax\n	syscall\n");

static void handler(int sig)
{
	CHECK(sig == SIGUSR2);
	heard();
}

int main(void)
{
	struct kernel_action act = {handler, SA_RESTART | 0x04000000, raw_restore, 0};

	churn(1, 3000);
	CHECK(syscall(SYS_rt_sigaction, SIGUSR2, &act, NULL, 8) == 0);
	post(SIGUSR2, 50, false);
	printf("handled %d\n", posted(NULL));
	churn(1, 3000);
	return done();
}
