/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt.h - a small C library of the kind that Go programs use through cgo
 *
 * receipt_open() gives an object that belongs to the caller until receipt_close().
 */
#ifndef RECEIPT_H
#define RECEIPT_H

#include <stddef.h>

struct receipt;

struct receipt *receipt_open(size_t lines);
int receipt_add(struct receipt *receipt, const char *item, long cents);
long receipt_total(const struct receipt *receipt);
void receipt_close(struct receipt *receipt);

/* The number of words in a text; the text stays the caller's. */
size_t text_words(const char *text);

#endif
