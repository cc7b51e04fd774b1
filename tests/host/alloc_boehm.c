/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_boehm.c - Boehm's collector: scans the data of all libraries, the stacks and registers of
 * all threads, stops them by signals; what nothing points to is collected, what something does is
 * not host: link=-lgc package=libgc-dev
 */
#define GC_THREADS
#include "host.h"
#include <gc.h>

struct node {
	struct node *next;
	int value;
	char room[200];
};

static int finalized;

static void finalize(void *p, void *data)
{
	(void)p;
	(void)data;
	finalized++;
}

static __attribute__((noinline)) void garbage(int n)
{
	for (int i = 0; i < n; i++) {
		struct node *p = GC_MALLOC(sizeof(*p));

		p->value = i;
		GC_REGISTER_FINALIZER(p, finalize, NULL, NULL, NULL);
	}
}

static void *work(void *arg)
{
	struct node *list = NULL;
	long sum = 0;

	for (int i = 0; i < 3000; i++) {
		struct node *p = GC_MALLOC(sizeof(*p));

		p->next = i % 100 ? list : NULL;
		p->value = i;
		list = p;
		free(malloc((size_t)i));
	}
	for (; list; list = list->next) {
		sum += list->value;
	}
	return (void *)sum;
	(void)arg;
}

int main(void)
{
	pthread_t ids[4];
	void *sum;

	GC_INIT();
	GC_allow_register_threads();
	for (int i = 0; i < 4; i++) {
		MUST(pthread_create(&ids[i], NULL, work, NULL) == 0);
	}
	garbage(5000);
	for (int i = 0; i < 4; i++) {
		pthread_join(ids[i], &sum);
		CHECK((long)sum == 294950);
	}
	for (int i = 0; i < 3; i++) {
		GC_gcollect();
		GC_invoke_finalizers();
	}
	printf("nearly all were collected: %d\n", finalized > 4900);
	printf("%s\n", host_failed ? "failed" : "ok");
	return host_failed;
}
