/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ctor_exit.c - constructors that end the process, by exit, _exit and exec, before main
 * host: calm=it_executes_itself
 */
#include "host.h"

__attribute__((constructor)) static void construct(int argc, char **argv)
{
	if (argc < 2) {
		return;
	}
	churn(1, 3000);
	switch (argv[1][0]) {
	case '0':
		exit(3);
	case '1':
		_exit(4);
	case '2':
		exec_self("0");
		break;
	default:
		quick_exit(5);
	}
}

static int which;

static int start(void)
{
	char text[] = {(char)('0' + which), 0};

	exec_self(text);
	return 1;
}

int main(void)
{
	for (which = 0; which < 4; which++) {
		printf("%s\n", ended(reap(child(start))));
	}
	return done();
}
