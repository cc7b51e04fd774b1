/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ehframe.c - the entry of a module's .eh_frame that covers a code address
 *
 * Form: Linux Standard Base Core, "Exception Frames". .eh_frame_hdr: version 1, three encodings,
 * pointer to .eh_frame, count, table of pairs (start of code, entry), sorted by the first. Every
 * linker in use (ld, gold, lld, mold) writes it with offsets of 4 bytes from its own start; another
 * form counts as no table.
 *
 * A pointer's encoding is a byte: the lower half its width, the upper half what to add. Pointers to
 * code in .eh_frame are relative to themselves or absolute.
 */
#include "ehframe.h"

enum {
	PE_UDATA2 = 2,
	PE_UDATA4 = 3,
	PE_UDATA8 = 4,
	PE_SDATA2 = 10,
	PE_SDATA4 = 11,
	PE_SDATA8 = 12,
	PE_PCREL = 0x10,
	PE_OMIT = 0xff,
};

struct pair {
	int32_t code, entry;
};

/* How the FDEs of a CIE are written. */
struct form {
	uint8_t encoding; /* of pointers to code */
	bool sized;	  /* more data come before the program, their size first */
};

/* The value alone; the caller adds what it is relative to. */
static uint64_t pointer_value(struct bytes *b, uint8_t encoding)
{
	switch (encoding & 15) {
	case 0:
	case PE_UDATA8:
	case PE_SDATA8:
		return bytes_number(b, 8);
	case PE_UDATA4:
		return bytes_number(b, 4);
	case PE_SDATA4:
		return (uint64_t)bytes_signed(b, 4);
	case PE_UDATA2:
		return bytes_number(b, 2);
	case PE_SDATA2:
		return (uint64_t)bytes_signed(b, 2);
	default:
		b->bad = true;
		return 0;
	}
}

/* A record of .eh_frame without its length. */
static struct bytes record_at(const struct module *m, uintptr_t at)
{
	struct bytes none = {NULL, NULL, true};
	uint32_t length;

	if (!modules_readable(m, at, 4)) {
		return none;
	}
	memcpy(&length, (const void *)at, 4);
	at += 4;
	/* 0xffffffff is the 64-bit form, which nobody writes here. */
	if (length < 8 || length == UINT32_MAX || !modules_readable(m, at, length)) {
		return none;
	}
	return (struct bytes){(const uint8_t *)at, (const uint8_t *)at + length, false};
}

/* The CIE's augmentation: what FDEs hold besides, one letter each. */
static void augmentation(struct bytes *b, const uint8_t *letters, struct ehframe *f,
			 struct form *form)
{
	struct bytes data = bytes_take(b, bytes_uleb(b));

	for (letters++; *letters; letters++) {
		uint8_t e;

		switch (*letters) {
		case 'R':
			form->encoding = (uint8_t)bytes_number(&data, 1);
			break;
		case 'P': /* the personality routine */
			e = (uint8_t)bytes_number(&data, 1);
			(void)pointer_value(&data, e);
			break;
		case 'L':
			(void)bytes_number(&data, 1);
			break;
		case 'S':
			f->signal = true;
			break;
		default:
			data.bad = true;
		}
	}
	b->bad |= data.bad;
}

static bool common_read(struct bytes b, struct ehframe *f, struct form *form)
{
	uint64_t id = bytes_number(&b, 4), version = bytes_number(&b, 1);
	const uint8_t *letters = b.at;

	while (bytes_number(&b, 1) != 0) {
	}
	f->code_align = bytes_uleb(&b);
	f->data_align = bytes_sleb(&b);
	f->return_column = version == 1 ? bytes_number(&b, 1) : bytes_uleb(&b);
	f->signal = false;
	if (b.bad || id != 0 || (version != 1 && version != 3)) {
		return false;
	}
	form->encoding = 0;
	form->sized = *letters == 'z';
	if (form->sized) {
		augmentation(&b, letters, f, form);
	} else if (*letters) {
		return false;
	}
	f->common = b;
	return !b.bad && ((form->encoding & 0xf0) == 0 || (form->encoding & 0xf0) == PE_PCREL);
}

static enum ehframe_found entry_read(const struct module *m, uintptr_t at, uintptr_t ip,
				     struct ehframe *f)
{
	struct bytes b = record_at(m, at);
	uint64_t back = bytes_number(&b, 4); /* to the CIE; 0: it is one itself */
	uintptr_t here = (uintptr_t)b.at;
	struct form form;

	if (b.bad || back == 0 || !common_read(record_at(m, at + 4 - back), f, &form)) {
		return EHFRAME_BAD;
	}
	f->start = pointer_value(&b, form.encoding) + (form.encoding & PE_PCREL ? here : 0);
	f->size = pointer_value(&b, form.encoding);
	if (form.sized) {
		(void)bytes_take(&b, bytes_uleb(&b));
	}
	f->own = b;
	if (b.bad) {
		return EHFRAME_BAD;
	}
	return ip - f->start < f->size ? EHFRAME_FOUND : EHFRAME_NONE;
}

enum ehframe_found ehframe_find(const struct module *m, uintptr_t ip, struct ehframe *f)
{
	const uint8_t *hdr = (const uint8_t *)m->eh_frame_hdr;
	const struct pair *table = (const struct pair *)(hdr + 12);
	int64_t want = (int64_t)(ip - m->eh_frame_hdr);
	uint32_t lo = 0, hi;

	if (!hdr || !modules_readable(m, (uintptr_t)hdr, 12) || hdr[0] != 1 || hdr[1] == PE_OMIT ||
	    hdr[2] != 0x03 /* udata4 */ || hdr[3] != 0x3b /* datarel sdata4 */) {
		return EHFRAME_NONE;
	}
	/* The pointer to .eh_frame before the count is of 4 bytes, as all linkers write it. */
	if ((hdr[1] & 15) != PE_SDATA4 && (hdr[1] & 15) != PE_UDATA4) {
		return EHFRAME_NONE;
	}
	memcpy(&hi, hdr + 8, 4);
	if (hi == 0 || !modules_readable(m, (uintptr_t)table, hi * sizeof *table) ||
	    want < table[0].code) {
		return EHFRAME_NONE;
	}
	while (hi - lo > 1) { /* table[lo].code <= want < table[hi].code */
		uint32_t mid = lo + (hi - lo) / 2;

		if (table[mid].code <= want) {
			lo = mid;
		} else {
			hi = mid;
		}
	}
	return entry_read(m, m->eh_frame_hdr + (uintptr_t)(intptr_t)table[lo].entry, ip, f);
}
