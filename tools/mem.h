/* SPDX-License-Identifier: Apache-2.0 */
/* mem - memory for tools that may end when there is none
 *
 * Every function here returns memory or does not return: out of memory ends the tool with one
 * line and status 1, in this one place. All sizes are checked for overflow. What comes from
 * mem_alloc, mem_zero, mem_resize, mem_grow, mem_copy, mem_string and mem_print goes back by
 * free().
 *
 * A pool hands out memory that lives until the whole pool goes: for the many small strings and
 * records of one model. It never moves what it handed out.
 *
 * Sizes that come from a file are not checked here: a reader compares them with the length of
 * the file before it asks. */
#ifndef LEAKTRACK_TOOLS_MEM_H
#define LEAKTRACK_TOOLS_MEM_H

#include <stddef.h>

#define MEM_RESULT __attribute__((warn_unused_result, returns_nonnull))

/* mem_alloc - bytes of undefined content; 0 bytes gives a pointer that can be freed */
void *mem_alloc(size_t bytes) MEM_RESULT;

/* mem_zero - @count zeroed elements of @size */
void *mem_zero(size_t count, size_t size) MEM_RESULT;

/* mem_resize - @old (may be NULL) with room for @count elements of @size */
void *mem_resize(void *old, size_t count, size_t size) MEM_RESULT;

/* mem_grow - an array with room for at least @need elements, at least doubled when it must grow
 * @capacity  elements that @old has room for; updated.  `a = mem_grow(a, &cap, n + 1, sizeof *a)`
 */
void *mem_grow(void *old, size_t *capacity, size_t need, size_t size) MEM_RESULT;

void *mem_copy(const void *from, size_t bytes) MEM_RESULT;
char *mem_string(const char *text) MEM_RESULT;
char *mem_print(const char *format, ...) MEM_RESULT __attribute__((format(printf, 1, 2)));

/* mem_free - for __attribute__((cleanup(mem_free))): frees the pointer that @pointer points to */
void mem_free(void *pointer);

struct mem_pool;

struct mem_pool *mem_pool_new(void) MEM_RESULT;
void mem_pool_free(struct mem_pool *pool); /* NULL is fine */

/* mem_pool_take - zeroed bytes, aligned for any type */
void *mem_pool_take(struct mem_pool *pool, size_t bytes) MEM_RESULT;

/* mem_pool_string - a copy of the first @length bytes of @text, and a 0 behind */
char *mem_pool_string(struct mem_pool *pool, const char *text, size_t length) MEM_RESULT;

#endif
