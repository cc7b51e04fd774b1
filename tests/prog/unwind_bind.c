/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_bind.c - a library for unwind_c.c that calls back from within the loader, while it binds a
 * function at its first call: the function is chosen by code (IFUNC), and that code calls
 */
int bound(int k);
int through_binding(void (*f)(void));

static void (*while_binding)(void);
static volatile int sink;

static int chosen(int k)
{
	return k + sink;
}

static int (*choose(void))(int)
{
	if (while_binding) {
		while_binding();
	}
	return chosen;
}

int __attribute__((ifunc("choose"))) bound(int k);

int through_binding(void (*f)(void))
{
	while_binding = f;
	return bound(3) + 1;
}
