/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_sized.c - C23's free_sized and free_aligned_sized, by weak reference as callers use them
 */
#include "host.h"

void free_sized(void *p, size_t size) __attribute__((weak));
void free_aligned_sized(void *p, size_t align, size_t size) __attribute__((weak));
void cfree(void *p) __attribute__((weak));

int main(void)
{
	for (int i = 0; i < 20000; i++) {
		void *p = malloc(i % 900);

		if (free_sized) {
			free_sized(p, i % 900);
		} else {
			free(p);
		}
		p = aligned_alloc(64, 640);
		if (free_aligned_sized) {
			free_aligned_sized(p, 64, 640);
		} else {
			free(p);
		}
	}
	if (free_sized) {
		free_sized(NULL, 0);
	}
	if (free_aligned_sized) {
		free_aligned_sized(NULL, 64, 0);
	}
	return done();
}
