/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_altstack_api.c - sigaltstack itself: what it answers, what it refuses, SS_AUTODISARM
 */
#include "host.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char area[65536], other[65536];

static void show(const char *what, int result, const stack_t *s)
{
	printf("%s: %d errno %d", what, result, result ? errno : 0);
	if (s) {
		printf(" %s size %zu flags %x",
		       s->ss_sp == area	   ? "area"
		       : s->ss_sp == other ? "other"
		       : s->ss_sp == NULL  ? "none"
					   : "a stranger",
		       s->ss_size, (unsigned)s->ss_flags);
	}
	puts("");
}

static void in_handler(int sig)
{
	stack_t s = {.ss_sp = other, .ss_size = sizeof(other)}, now;
	int result = sigaltstack(NULL, &now);

	show(sig == SIGUSR1 ? "in handler" : "?", result, &now);
	show("change in handler", sigaltstack(&s, NULL), NULL);
}

static void *thread(void *arg)
{
	stack_t now;

	show("thread", sigaltstack(NULL, &now), &now);
	churn(1, 1000);
	show("thread later", sigaltstack(NULL, &now), &now);
	return arg;
}

int main(void)
{
	struct sigaction act = {.sa_handler = in_handler, .sa_flags = SA_ONSTACK};
	stack_t s = {.ss_sp = area, .ss_size = sizeof(area)}, old;
	pthread_t id;

	show("start", sigaltstack(NULL, &old), &old);
	churn(1, 3000);
	show("later", sigaltstack(NULL, &old), &old);
	show("set", sigaltstack(&s, &old), &old);
	sigaction(SIGUSR1, &act, NULL);
	raise(SIGUSR1);
	s.ss_flags = (int)SS_AUTODISARM;
	show("auto", sigaltstack(&s, &old), &old);
	raise(SIGUSR1);
	show("after", sigaltstack(NULL, &old), &old);
	s.ss_flags = 12345;
	show("bad flags", sigaltstack(&s, NULL), NULL);
	s.ss_flags = 0;
	s.ss_size = 100;
	show("too small", sigaltstack(&s, NULL), NULL);
	s.ss_flags = SS_DISABLE;
	show("disable", sigaltstack(&s, NULL), NULL);
	show("end", sigaltstack(NULL, &old), &old);
	pthread_create(&id, NULL, thread, NULL);
	pthread_join(id, NULL);
	return done();
}
