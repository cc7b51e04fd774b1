/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_image.h - a state file made by hand, of any contents
 *
 * Regions of 8 KiB each, one after the other. Not by the functions of lib: what a reader makes of
 * it is to be seen, right or wrong.
 */
#ifndef LEAKTRACK_TEST_STATE_IMAGE_H
#define LEAKTRACK_TEST_STATE_IMAGE_H

#include <stdint.h>
#include <string.h>

#include "lib/layout.h"

#define IMAGE_WINDOW 8192u
#define IMAGE_BYTES  (LAYOUT_HEADER_BYTES + LAYOUT_REGIONS * IMAGE_WINDOW)

union image {
	struct layout_header header;
	char bytes[IMAGE_BYTES];
};

static inline void image_start(union image *image, uint64_t rate, const char *program)
{
	struct layout_header *h = &image->header;

	memset(image, 0, sizeof(*image));
	h->magic = LAYOUT_MAGIC;
	h->version = LAYOUT_VERSION;
	h->header_bytes = LAYOUT_HEADER_BYTES;
	h->file_bytes = IMAGE_BYTES;
	h->budget = h->reserved = IMAGE_BYTES;
	h->pid = 4711;
	h->start_ns = 1700000000000000042u;
	h->rates[0] = rate;
	h->name_bytes = (uint32_t)strlen(program);
	memcpy(h->name, program, strlen(program));
	for (unsigned i = 0; i < LAYOUT_REGIONS; i++) {
		h->windows[i].offset = LAYOUT_HEADER_BYTES + i * IMAGE_WINDOW;
		h->windows[i].size = h->windows[i].reserved = IMAGE_WINDOW;
	}
}

static inline void *image_end(union image *image, enum layout_region region)
{
	const struct layout_window *w = &image->header.windows[region];

	return image->bytes + w->offset + w->used;
}

/* Returns what an entry calls it by. */
static inline uint32_t image_frames(union image *image, const uint64_t *pcs, unsigned n)
{
	struct layout_window *w = &image->header.windows[LAYOUT_FRAMES];
	struct layout_frames *f = image_end(image, LAYOUT_FRAMES);
	uint32_t where = (uint32_t)(w->used / 8);
	uint64_t last = 0;

	f->count = (uint16_t)n;
	for (unsigned i = 0; i < n; last = pcs[i++]) {
		int64_t step = (int64_t)(pcs[i] - last);
		uint64_t value = (uint64_t)step << 1 ^ (uint64_t)(step >> 63);

		for (; value >= 0x80; value >>= 7) {
			f->data[f->bytes++] = (uint8_t)(value | 0x80);
		}
		f->data[f->bytes++] = (uint8_t)value;
	}
	w->used += (sizeof(*f) + f->bytes + 7) / 8 * 8;
	return where;
}

static inline void image_entry(union image *image, struct layout_entry entry)
{
	memcpy(image_end(image, LAYOUT_ENTRIES), &entry, sizeof(entry));
	image->header.windows[LAYOUT_ENTRIES].used += sizeof(entry);
}

/* @build_id in bytes; 0: none. Returns the record. */
static inline struct layout_module *image_module(union image *image, uint64_t start, uint64_t end,
						 const char *path, unsigned build_id)
{
	struct layout_module *m = image_end(image, LAYOUT_MODULES);

	m->start = start;
	m->end = end;
	m->offset = 0x2000;
	m->path_bytes = (uint16_t)strlen(path);
	m->build_id_bytes = (uint16_t)build_id;
	for (unsigned i = 0; i < build_id; i++) {
		m->build_id[i] = (uint8_t)(i * 17);
	}
	memcpy(m->path, path, strlen(path));
	m->bytes = (uint32_t)((sizeof(*m) + strlen(path) + 7) / 8 * 8);
	image->header.windows[LAYOUT_MODULES].used += m->bytes;
	return m;
}

#endif
