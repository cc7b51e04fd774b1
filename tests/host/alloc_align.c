/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_align.c - every alignment that each function takes, and those that it refuses
 */
#include "host.h"

static void aligned(const void *p, size_t align)
{
	CHECK(p && ((uintptr_t)p & (align - 1)) == 0);
}

static void refused(size_t align)
{
	void *p = (void *)0x4321;
	int err;

	errno = 5;
	err = posix_memalign(&p, align, 100);
	printf("posix_memalign(%zu) %d, errno %d, pointer %s\n", align, err, errno,
	       p == (void *)0x4321 ? "kept" : "set");
	if (!err) {
		free(p);
	}
}

static void odd(size_t align)
{
	void *p;

	errno = 0;
	p = aligned_alloc(align, 100);
	printf("aligned_alloc(%zu) %s, errno %d\n", align, p ? "a block" : "NULL", errno);
	free(p);
	errno = 0;
	p = memalign(align, 100);
	printf("memalign(%zu) %s, errno %d\n", align, p ? "a block" : "NULL", errno);
	free(p);
}

int main(void)
{
	static const size_t bad[] = {0, 1, 2, 3, 4, 7, 9, 12, 24, 48, 100, 4097};
	void *p;

	for (size_t align = 16; align <= 1 << 21; align *= 2) {
		for (size_t size = 1; size < 100000; size = size * 3 + 1) {
			p = memalign(align, size);
			aligned(p, align);
			memset(p, 1, size);
			CHECK(malloc_usable_size(p) >= size);
			free(p);
			p = aligned_alloc(align, size);
			aligned(p, align);
			memset(p, 2, size);
			p = realloc(p, size + 1000);
			CHECK(((char *)p)[size - 1] == 2);
			free(p);
			CHECK(posix_memalign(&p, align, size) == 0);
			aligned(p, align);
			memset(p, 3, size);
			free(p);
		}
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		refused(bad[i]);
		odd(bad[i]);
	}
	for (int i = 0; i < 2000; i++) {
		p = valloc(i);
		aligned(p, 4096);
		free(p);
		p = pvalloc(i);
		aligned(p, 4096);
		free(p);
	}
	return done();
}
