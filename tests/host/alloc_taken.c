/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_taken.c - the program has functions of its own with the names of libc's, exported, that do
 * something else: libc does not mind, and a library that calls them must not either
 *
 * host: link=-rdynamic flags=-fno-builtin
 */
#include <stddef.h>

int calls;

long write_all(int fd, const char *text)
{
	long result;
	long n = 0;

	while (text[n]) {
		n++;
	}
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(1), "D"((long)fd), "S"(text), "d"(n)
			 : "rcx", "r11", "memory");
	return result;
}

#define TAKEN(name)                                  \
	long name(void);                             \
	long name(void)                              \
	{                                            \
		calls++;                             \
		write_all(1, #name " was called\n"); \
		return -1;                           \
	}

TAKEN(openat)
TAKEN(getenv)
TAKEN(secure_getenv)
TAKEN(fork)
TAKEN(raise)
TAKEN(clock_gettime)
TAKEN(sigemptyset)
TAKEN(sigaddset)
TAKEN(sigdelset)
TAKEN(sigismember)
TAKEN(strcasecmp)
TAKEN(strncasecmp)
TAKEN(memmem)
TAKEN(getauxval)
TAKEN(index)
TAKEN(error)
TAKEN(snprintf)
TAKEN(log)
TAKEN(say)
TAKEN(start)
TAKEN(config_init)

void *malloc(size_t size);
void *realloc(void *p, size_t size);
void free(void *p);

int main(void)
{
	for (int i = 0; i < 30000; i++) {
		void *p = malloc((size_t)(i * 7) % 3000);

		p = realloc(p, 100);
		__asm__ volatile("" : : "r"(p) : "memory");
		free(p);
	}
	write_all(1, calls ? "failed\n" : "ok\n");
	return 0;
}
