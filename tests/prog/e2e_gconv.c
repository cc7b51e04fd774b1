/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_gconv.c - glibc unloads modules by itself, and others come to their place
 *
 *     GCONV_PATH=... e2e_gconv A B OTHER...
 *
 * Opens and closes A, then the others until glibc has unloaded A, then B, and so on. Prints how
 * often B stood where A had been; 77 where that never was.
 */
#define _GNU_SOURCE
#include <iconv.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

static struct {
	const char *name;
	ElfW(Addr) at;
} wanted;

static int look(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *slash = strrchr(info->dlpi_name, '/');

	(void)size, (void)arg;
	if (slash && strncmp(slash + 1, wanted.name, strlen(wanted.name)) == 0) {
		wanted.at = info->dlpi_addr;
	}
	return 0;
}

/* Opens @name and closes it; returns where its module was. */
static __attribute__((noinline)) ElfW(Addr) use(const char *name)
{
	iconv_t cd = iconv_open(name, "UTF-8");

	wanted.name = name;
	wanted.at = 0;
	dl_iterate_phdr(look, NULL);
	if (cd != (iconv_t)-1) {
		iconv_close(cd);
	}
	return wanted.at;
}

int main(int argc, char **argv)
{
	int same = 0;

	for (int round = 0; round < 4; round++) {
		ElfW(Addr) at[2];

		for (int k = 0; k < 2; k++) {
			at[k] = use(argv[1 + k]);
			for (int i = 0; i < 12 && argc > 3; i++) { /* glibc unloads what rested */
				use(argv[3 + i % (argc - 3)]);
			}
		}
		same += at[0] != 0 && at[0] == at[1];
	}
	printf("%d times at the same place\n", same);
	return same ? 0 : 77;
}
