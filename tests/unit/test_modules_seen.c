/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/modules_seen.o lib/state.o lib/place.o lib/filter.o lib/config.o lib/fmt.o */
/* objects: lib/program.o lib/thread.o */
/* objects: lib/say.o tests/unit/fake_sys.o */
/*
 * Proves: each module that a stack passes is written down once, with its segment, build-id and full
 * path; what was unloaded is marked, and what comes to its place is written down beside it, once;
 * marks in stacks and code of no module are passed over; a full region or no memory loses names, no
 * more. Fails when: a record does not fit what a reader makes of it, or an old one answers for a
 * new one.
 */
#include "modules_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"
#include "modules.h"
#include "shm.h"
#include "unwind.h"

#define MODULES 600u

/* --- the loader, as modules.c would tell of it --------------------------------------------------
 */

struct loaded {
	bool here;
	const char *path;
	uintptr_t bias;
	Elf64_Phdr text;
	uint8_t id[20];
	unsigned id_bytes;
};

static struct loaded loaded[MODULES];
static uint64_t generation = 1;
static sigjmp_buf out; /* of a look at a module, where jump is true */
static bool jump;

static struct loaded *find(uintptr_t address)
{
	for (unsigned i = 0; i < MODULES; i++) {
		struct loaded *l = &loaded[i];

		if (l->here && address - l->bias - l->text.p_vaddr < l->text.p_memsz) {
			return l;
		}
	}
	return NULL;
}

bool modules_find(uintptr_t address, struct module *m)
{
	const struct loaded *l = find(address);

	if (l == NULL) {
		return false;
	}
	*m = (struct module){.start = l->bias,
			     .end = l->bias + 0x100000,
			     .bias = l->bias,
			     .path = l->path,
			     .ph = &l->text,
			     .n_ph = 1};
	return true;
}

const Elf64_Phdr *modules_segment(const struct module *m, uintptr_t address)
{
	return address - m->bias - m->ph->p_vaddr < m->ph->p_memsz ? m->ph : NULL;
}

size_t modules_build_id(const struct module *m, const uint8_t **id)
{
	const struct loaded *l = find(m->bias + m->ph->p_vaddr);

	if (jump) {
		siglongjmp(out, 1);
	}
	*id = l->id;
	return l->id_bytes;
}

uint64_t modules_generation(void)
{
	return generation;
}

static void load(unsigned n, const char *path, uintptr_t bias, uint8_t id)
{
	loaded[n] = (struct loaded){
		.here = true,
		.path = path,
		.bias = bias,
		.text = {.p_vaddr = 0x1000, .p_offset = 0x1000, .p_memsz = 0x2345},
		.id_bytes = 20,
	};
	memset(loaded[n].id, id, 20);
}

static void unload(unsigned n)
{
	loaded[n].here = false;
	generation++;
}

/* --- what is written down -----------------------------------------------------------------------
 */

static struct layout_header *start(void)
{
	shm_config("8m", "512k");
	CHECK(state_make());
	return state_enter();
}

static const struct layout_module *record(struct layout_header *h, unsigned n)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	const struct layout_module *m;
	uint64_t at = 0;

	while ((m = layout_next_module(&view, &at)) != NULL && n-- > 0) {
	}
	return m;
}

static bool path_is(const struct layout_module *m, const char *path)
{
	return m->path_bytes == strlen(path) && memcmp(m->path, path, strlen(path)) == 0;
}

static void once_each(void *unused)
{
	struct layout_header *h = start();
	uintptr_t pcs[] = {0x7f0000001010, 0x55550000134f, 0x7f0000003345, UNWIND_PC_ELLIPSIS,
			   0x7f0000001010, 0x123456,	   UNWIND_PC_CUT};
	char program[LAYOUT_NAME_MAX + 1] = "", cwd[4096], wanted[5000];

	(void)unused;
	load(0, "/usr/lib/a library.so", 0x7f0000000000, 0xaa);
	load(1, "", 0x555500000000, 0xbb);
	load(2, "./plugins/p.so", 0x7e0000000000, 0);
	loaded[2].id_bytes = 0;
	loaded[2].text.p_vaddr = 0x1234; /* a segment that does not begin on a page */
	loaded[2].text.p_offset = 0x1234;
	load(3, "linux-vdso.so.1", 0x7d0000000000, 1);
	memcpy(program, h->name, h->name_bytes);
	modules_seen(h, pcs, sizeof(pcs) / sizeof(pcs[0]));
	modules_seen(h, pcs, sizeof(pcs) / sizeof(pcs[0]));
	const struct layout_module *m = record(h, 0);

	CHECK(path_is(m, "/usr/lib/a library.so") && m->gone == 0);
	CHECK(m->start == 0x7f0000001000 && m->end == 0x7f0000004000 && m->offset == 0x1000);
	CHECK(m->build_id_bytes == 20 && m->build_id[0] == 0xaa && m->build_id[19] == 0xaa);
	CHECK(path_is(record(h, 1), program));
	CHECK(record(h, 2) == NULL);

	uintptr_t more[] = {0x7e0000001240, 0x7d0000001100};

	modules_seen(h, more, 2);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(wanted, sizeof(wanted), "%s/%s", cwd, "./plugins/p.so");
	m = record(h, 2);
	CHECK(path_is(m, wanted) && m->build_id_bytes == 0);
	CHECK(m->start == 0x7e0000001000 && m->end == 0x7e0000004000 && m->offset == 0x1000);
	CHECK(path_is(record(h, 3), "linux-vdso.so.1"));
	state_finish(true);
}

/* A return address is one past its call: the last instruction of a segment belongs to it. */
static void the_edges(void *unused)
{
	struct layout_header *h = start();
	uintptr_t first[] = {0x7f0000001000}, after_last[] = {0x7f0000003345};

	(void)unused;
	load(0, "/a", 0x7f0000000000, 1);
	modules_seen(h, first, 1);
	CHECK(record(h, 0) == NULL);
	modules_seen(h, after_last, 1);
	CHECK(path_is(record(h, 0), "/a"));
	state_finish(true);
}

static void comes_and_goes(void *unused)
{
	struct layout_header *h = start();
	uintptr_t a[] = {0x7f0000001010}, other[] = {0x7e0000001010};

	(void)unused;
	load(0, "/a.so", 0x7f0000000000, 1);
	load(1, "/other.so", 0x7e0000000000, 2);
	modules_seen(h, a, 1);
	unload(0);
	modules_seen(h, other, 1);
	CHECK(record(h, 0)->gone == 1 && record(h, 1)->gone == 0);
	load(0, "/b.so", 0x7f0000000000, 3); /* another at the same place */
	modules_seen(h, a, 1);
	CHECK(path_is(record(h, 0), "/a.so") && path_is(record(h, 2), "/b.so"));
	CHECK(record(h, 0)->gone == 1 && record(h, 2)->gone == 0);
	unload(0);
	load(0, "/b.so", 0x7f0000000000, 3); /* the same again, where it was */
	modules_seen(h, a, 1);
	CHECK(record(h, 2)->gone == 0 && record(h, 3) == NULL);
	state_finish(true);
}

/* Plugins that are loaded again and again, by turns at one place, take no more room. */
static void reloaded(void *unused)
{
	struct layout_header *h = start();
	uintptr_t pc = 0x7f0000001010;

	(void)unused;
	for (unsigned i = 0; i < 10000; i++) {
		load(0, i % 2 == 0 ? "/a.so" : "/b.so", 0x7f0000000000, (uint8_t)(1 + i % 2));
		modules_seen(h, &pc, 1);
		CHECK(record(h, i % 2)->gone == 0 && (i == 0 || record(h, 1 - i % 2)->gone == 1));
		unload(0);
	}
	CHECK(record(h, 1) != NULL && record(h, 2) == NULL);
	load(0, "/a.so", 0x7e0000000000, 1); /* elsewhere it is another */
	pc = 0x7e0000001010;
	modules_seen(h, &pc, 1);
	CHECK(path_is(record(h, 2), "/a.so") && record(h, 0)->gone == 1);
	state_finish(true);
}

/* While it writes: it is jumped out of. */
static void jumped_out(void *unused)
{
	struct layout_header *h = start();
	uintptr_t pc = 0x7f0000001010, another = 0x7e0000001010;

	(void)unused;
	load(0, "/a.so", 0x7f0000000000, 1);
	load(1, "/b.so", 0x7e0000000000, 2);
	jump = true;
	if (sigsetjmp(out, 1) == 0) {
		modules_seen(h, &pc, 1);
		CHECK(false);
	}
	jump = false;
	modules_seen(h, &another, 1);
	CHECK(path_is(record(h, 0), "/b.so") && record(h, 1) == NULL);
	modules_seen(h, &pc, 1);
	CHECK(path_is(record(h, 1), "/a.so") && record(h, 1)->build_id[0] == 1);
	state_finish(true);
}

/* Without build-ids it is the path that tells two apart. */
static void without_build_id(void *unused)
{
	struct layout_header *h = start();
	uintptr_t a[] = {0x7f0000001010};

	(void)unused;
	load(0, "/a.so", 0x7f0000000000, 0);
	loaded[0].id_bytes = 0;
	modules_seen(h, a, 1);
	unload(0);
	load(0, "/another.so", 0x7f0000000000, 0);
	loaded[0].id_bytes = 0;
	modules_seen(h, a, 1);
	CHECK(record(h, 0)->gone == 1);
	CHECK(path_is(record(h, 1), "/another.so") && record(h, 1)->gone == 0);
	generation++;
	modules_seen(h, a, 1);
	CHECK(record(h, 1)->gone == 0 && record(h, 2) == NULL);
	state_finish(true);
}

static void no_room(void *unused)
{
	struct layout_header *h = start();
	static char long_path[5000] = "/";
	uintptr_t pc;

	(void)unused;
	memset(long_path + 1, 'x', 4500);
	load(0, long_path, 0x10000000, 1);
	pc = 0x10001010;
	fake_sys_fail(1u << FAKE_MPROTECT, 1, 12);
	fake_sys()->fail_on = true;
	modules_seen(h, &pc, 1);
	CHECK(record(h, 0) == NULL);
	fake_sys()->fail_at = 0;
	modules_seen(h, &pc, 1);
	CHECK(record(h, 0)->path_bytes == 4096);
	for (unsigned n = 1; n < 600; n++) {
		load(n, long_path, 0x10000000 + (uintptr_t)n * 0x100000, 1);
		pc = loaded[n].bias + 0x1010;
		modules_seen(h, &pc, 1);
	}
	CHECK(h->windows[LAYOUT_MODULES].used <= h->windows[LAYOUT_MODULES].size);
	CHECK(record(h, 200) != NULL && record(h, 300) == NULL); /* 1 MiB of them */
	state_finish(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"once each", shm_apart_test, NULL, NULL, (void *)once_each},
		{"the edges", shm_apart_test, NULL, NULL, (void *)the_edges},
		{"comes and goes", shm_apart_test, NULL, NULL, (void *)comes_and_goes},
		{"reloaded", shm_apart_test, NULL, NULL, (void *)reloaded},
		{"jumped out", shm_apart_test, NULL, NULL, (void *)jumped_out},
		{"without build-id", shm_apart_test, NULL, NULL, (void *)without_build_id},
		{"no room", shm_apart_test, NULL, NULL, (void *)no_room},
	};

	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
