/* SPDX-License-Identifier: Apache-2.0 */
/* Brackets are counted, but not those of operators (operator<, operator->, …) nor of arrows. A name
 * of Rust that begins with one, '<A<T> as B<T>>::f', says in it what it is about: there only the
 * inner ones are emptied. A bracket that is never closed stays. */
#include "plain.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LONG	 80
#define OPERATOR "operator"

/* Bytes of an operator's own symbols at @at, which are no brackets. */
static size_t operator_length(const char *name, size_t at)
{
	const size_t word = strlen(OPERATOR);

	if (at >= word && !strncmp(name + at - word, OPERATOR, word)) {
		return strspn(name + at, "<>=-");
	}
	return name[at] == '-' && name[at + 1] == '>' ? 2 : 0;
}

/* The '>' that belongs to the '<' at @at, or 0. */
static size_t match(const char *name, size_t at)
{
	long depth = 0;

	for (; name[at]; at++) {
		const size_t skip = operator_length(name, at);
		if (skip) {
			at += skip - 1;
			continue;
		}
		depth += (name[at] == '<') - (name[at] == '>');
		if (!depth && name[at] == '>') {
			return at;
		}
	}
	return 0;
}

void plain_name(char *name)
{
	const long kept = name[0] == '<' ? 1 : 0;
	long depth = 0;
	size_t to = 0;
	size_t at = 0;

	if (strlen(name) <= LONG) {
		return;
	}
	while (name[at]) {
		size_t count = operator_length(name, at);
		const bool opens = !count && name[at] == '<';
		const size_t end = opens && depth == kept ? match(name, at) : 0;
		if (end > at + 4) { /* what is left out is longer than the dots */
			memcpy(name + to, "<...>", 5);
			to += 5;
			at = end + 1;
			continue;
		}
		depth += opens - (!count && name[at] == '>');
		count = count ? count : 1;
		memmove(name + to, name + at, count);
		to += count;
		at += count;
	}
	name[to] = 0;
}

/* Where the last part of a path that ends at @end begins; @least: what cannot be taken off. */
static size_t last_part(const char *path, size_t least, size_t end)
{
	while (end > least && path[end - 1] != '/') {
		end--;
	}
	return end;
}

void plain_path(char *path)
{
	const size_t root = *path == '/';
	size_t least = root; /* up to here are the root, or '..' that nothing stands before */
	size_t to = root;
	size_t length;

	for (const char *from = path; *from; from += length) {
		from += strspn(from, "/");
		length = strcspn(from, "/");
		const bool up = length == 2 && !memcmp(from, "..", 2);
		if (!length || (length == 1 && *from == '.') || (up && root && to == least)) {
			continue;
		}
		if (up && to > least) {
			to = last_part(path, least, to);
			to -= to > least; /* the slash before it */
			continue;
		}
		if (to > root) {
			path[to++] = '/';
		}
		memmove(path + to, from, length);
		to += length;
		least = up ? to : least;
	}
	path[to] = 0;
}
