/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_longjmp.c - setjmp and longjmp over frames that allocate, and out of qsort and bsearch
 */
#include "host.h"

static jmp_buf back;
static void *kept;

static __attribute__((noinline)) void down(int n)
{
	void *p = malloc(100);

	KEEP(p);
	free(p);
	if (n == 0) {
		kept = malloc(3000);
		longjmp(back, 5);
	}
	down(n - 1);
	KEEP(p);
}

static int compare(const void *a, const void *b)
{
	free(malloc(2000));
	if (*(const int *)a == 50 && kept) {
		longjmp(back, 6);
	}
	return *(const int *)a - *(const int *)b;
}

static void *all(void *arg)
{
	return arg;
}

int main(void)
{
	volatile int jumps = 0;
	int numbers[200];

	for (volatile int i = 0; i < 500; i++) {
		switch (setjmp(back)) {
		case 0:
			down(i % 100);
			break;
		case 5:
			jumps++;
			for (int k = 0; k < 200; k++) {
				numbers[k] = (k * 37) % 200;
			}
			qsort(numbers, 200, sizeof(int), compare);
			break;
		default:
			jumps++;
			free(kept);
			kept = NULL;
			qsort(numbers, 200, sizeof(int), compare);
		}
	}
	crew(2, all);
	printf("jumps %d\n", jumps);
	return done();
}
