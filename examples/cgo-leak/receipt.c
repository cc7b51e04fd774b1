/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt.c - receipts: a fixed number of lines, allocated when a receipt is opened
 *
 * Two blocks a receipt, the object and its lines. Nothing in here leaks: what leaks in this
 * example is a receipt that its Go caller does not close.
 */
#include "receipt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct line {
	char item[56];
	long cents;
};

struct receipt {
	size_t used;
	size_t capacity;
	struct line *lines;
};

struct receipt *receipt_open(size_t lines)
{
	struct receipt *receipt = malloc(sizeof(*receipt));

	if (!receipt) {
		return NULL;
	}
	receipt->used = 0;
	receipt->capacity = lines;
	receipt->lines = calloc(lines, sizeof(*receipt->lines));
	if (!receipt->lines) {
		free(receipt);
		return NULL;
	}
	return receipt;
}

int receipt_add(struct receipt *receipt, const char *item, long cents)
{
	struct line *line;

	if (receipt->used == receipt->capacity) {
		return -1;
	}
	line = &receipt->lines[receipt->used++];
	strncpy(line->item, item, sizeof(line->item) - 1);
	line->cents = cents;
	return 0;
}

long receipt_total(const struct receipt *receipt)
{
	long total = 0;

	for (size_t i = 0; i < receipt->used; i++) {
		total += receipt->lines[i].cents;
	}
	return total;
}

void receipt_close(struct receipt *receipt)
{
	if (receipt) {
		free(receipt->lines);
		free(receipt);
	}
}

size_t text_words(const char *text)
{
	size_t words = 0;
	int inside = 0;

	for (; *text; text++) {
		int space = isspace((unsigned char)*text);

		words += !space && !inside;
		inside = !space;
	}
	return words;
}
