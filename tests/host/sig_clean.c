/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_clean.c - masks and dispositions are as bare: at start, after much malloc, in threads, in
 * children, and over exec into a program that is not preloaded
 * host: usr2
 */
#include "signals.h"

static void show(const char *when)
{
	unsigned long long usr2 = 1ull << (SIGUSR2 - 1);

	printf("%s: blocked %llx ignored %llx caught %llx pending %llx\n", when,
	       signal_bits("SigBlk:"), signal_bits("SigIgn:"), signal_bits("SigCgt:") & ~usr2,
	       signal_bits("SigPnd:"));
	fflush(stdout);
}

static void *thread(void *arg)
{
	show("thread");
	churn(2, 2000);
	show("thread later");
	return arg;
}

static int in_child(void)
{
	show("child");
	churn(2, 2000);
	show("child later");
	return 0;
}

static int without_preload(void)
{
	unsetenv("LD_PRELOAD");
	execl("/bin/grep", "grep", "-E", "^Sig(Ign|Blk|Cgt)", "/proc/self/status", (char *)NULL);
	return 1;
}

int main(void)
{
	stack_t stack;
	pthread_t id;

	show("start");
	churn(1, 5000);
	show("later");
	sigaltstack(NULL, &stack);
	printf("alternate stack: %d\n", stack.ss_flags);
	pthread_create(&id, NULL, thread, NULL);
	pthread_join(id, NULL);
	CHECK(reap(child(in_child)) == 0);
	CHECK(reap(child(without_preload)) == 0);
	for (int sig = 1; sig < 65; sig++) {
		struct sigaction act;

		if (sig != 32 && sig != 33 && sigaction(sig, NULL, &act) == 0 &&
		    (act.sa_handler != SIG_DFL || act.sa_flags)) {
			printf("%d is set\n", sig);
		}
	}
	return done();
}
