/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for the tools. The only place where a tool ends because there is none: a profile that
 * is half there would be worse than no profile.
 *
 * A pool is a chain of chunks; the newest one is filled from its start. A request larger than a
 * chunk gets one of its own, put behind the newest, so that the newest stays in use. */
#include "mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEM_CHUNK_BYTES ((size_t)64 << 10)

struct mem_chunk {
	struct mem_chunk *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct mem_pool {
	struct mem_chunk *newest;
};

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "leaktrack: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	_exit(1);
}

static void *proven(void *memory)
{
	if (!memory) {
		out_of_memory();
	}
	return memory;
}

void *mem_alloc(size_t bytes)
{
	return proven(malloc(bytes ? bytes : 1));
}

void *mem_zero(size_t count, size_t size)
{
	return proven(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	if (!count || !size) {
		count = size = 1;
	}
	return proven(reallocarray(old, count, size));
}

void *mem_grow(void *old, size_t *capacity, size_t need, size_t size)
{
	size_t wish = *capacity < 8 ? 16 : *capacity * 2;

	if (old && need <= *capacity) {
		return old;
	}
	if (*capacity > SIZE_MAX / 2 || wish < need) {
		wish = need;
	}
	old = mem_resize(old, wish, size);
	*capacity = wish;
	return old;
}

void *mem_copy(const void *from, size_t bytes)
{
	void *copy = mem_alloc(bytes);

	if (bytes) {
		memcpy(copy, from, bytes);
	}
	return copy;
}

char *mem_string(const char *text)
{
	return mem_copy(text, strlen(text) + 1);
}

char *mem_print(const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	return proven(length < 0 ? NULL : text);
}

void mem_free(void *pointer)
{
	void *memory;

	memcpy(&memory, pointer, sizeof(memory));
	free(memory);
}

struct mem_pool *mem_pool_new(void)
{
	return mem_zero(1, sizeof(struct mem_pool));
}

void mem_pool_free(struct mem_pool *pool)
{
	struct mem_chunk *chunk, *next;

	if (!pool) {
		return;
	}
	for (chunk = pool->newest; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(pool);
}

static struct mem_chunk *chunk_new(size_t size)
{
	struct mem_chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk)) {
		out_of_memory();
	}
	chunk = mem_zero(1, sizeof(*chunk) + size);
	chunk->size = size;
	return chunk;
}

static unsigned char *pool_bytes(struct mem_pool *pool, size_t bytes, size_t align)
{
	struct mem_chunk *chunk = pool->newest;
	size_t at = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;

	if (chunk && at <= chunk->size && bytes <= chunk->size - at) {
		chunk->used = at + bytes;
		return chunk->bytes + at;
	}
	if (chunk && bytes > MEM_CHUNK_BYTES / 4) {
		struct mem_chunk *own = chunk_new(bytes);

		own->used = bytes;
		own->next = chunk->next;
		chunk->next = own;
		return own->bytes;
	}
	chunk = chunk_new(bytes > MEM_CHUNK_BYTES ? bytes : MEM_CHUNK_BYTES);
	chunk->used = bytes;
	chunk->next = pool->newest;
	pool->newest = chunk;
	return chunk->bytes;
}

void *mem_pool_take(struct mem_pool *pool, size_t bytes)
{
	return pool_bytes(pool, bytes, alignof(max_align_t));
}

char *mem_pool_string(struct mem_pool *pool, const char *text, size_t length)
{
	char *copy;

	if (length == SIZE_MAX) {
		out_of_memory();
	}
	copy = (char *)pool_bytes(pool, length + 1, 1);
	if (length) {
		memcpy(copy, text, length);
	}
	copy[length] = 0;
	return copy;
}
