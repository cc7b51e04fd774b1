/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/progress.o tools/msg.o */
/* objects: tools/read_heap.o tools/estimate.o tools/profile.o tools/finder.o tools/mem.o */
/* objects: tools/err.o */
/* Proves: the three sections of a dump arrive in the model as written; other producers' forms too;
 * a cut text gives its complete lines and says so; what is no dump is refused with its line.
 * Fails when: the reader trusts a number, loses a word of a path, or believes half a line. */
#include "read_heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                \
	"heap profile: 3: 3000 [ 8: 8000] @ heap_v2/524288\n"                               \
	"# leaktrack 0.1.0 pid 4711 program /opt/my app/server\n"                           \
	"# start 1700000000.000000005 dump 1700000010.250000000 reason signal\n"            \
	"# cut_stacks 1 lost_samples 2 lost_live 3 replaced 9 rate_changes 4 own_bytes 5\n" \
	"# held 3072\n"                                                                     \
	"# something new\n"
#define SAMPLES                                                \
	"# usable 1024\n"                                      \
	"  3: 3000 [ 8: 8000] @ 0x401001 0x7f0000002001 0x2\n" \
	"  0: 0 [ 1: 64] @ 0x401001 0x1 0x5001\n"
#define MAPS                                                                   \
	"MAPPED_LIBRARIES:\n"                                                  \
	"401000-402000: r-xp /opt/my app/server (@1000) 0123456789abcdef\n"    \
	"401000-402000 r-xp 00001000 00:00 0   /opt/my app/server\n"           \
	"7f0000000000-7f0000010000 r-xp 00026000 00:00 0 /usr/lib/libc.so.6\n" \
	"7f0000010000-7f0000020000 r--p 00026000 00:00 0 /usr/lib/libc.so.6\n" \
	"5000-6000 r-xp 00000000 00:00 0 \n"
#define END "# end\n"

static struct profile *read_text(const char *text)
{
	struct profile *profile = profile_new();
	struct err err = {0};

	assert_true(read_heap_is(text, strlen(text)));
	if (read_heap(text, strlen(text), profile, &err)) {
		profile_free(profile);
		return NULL;
	}
	return profile;
}

static void whole(void **state)
{
	struct profile *p = read_text(HEAD SAMPLES MAPS END);

	(void)state;
	assert_non_null(p);
	assert_null(p->about.partial);
	assert_string_equal(p->about.program, "/opt/my app/server");
	assert_string_equal(p->about.version, "0.1.0");
	assert_string_equal(p->about.reason, "signal");
	assert_int_equal(p->about.pid, 4711);
	assert_int_equal(p->about.start_ns, 1700000000000000005);
	assert_int_equal(p->about.dump_ns, 1700000010250000000);
	assert_int_equal(p->about.rate, 524288);
	assert_int_equal(p->about.cut_stacks, 1);
	assert_int_equal(p->about.lost_samples, 2);
	assert_int_equal(p->about.lost_live, 3);
	assert_int_equal(p->about.rate_changes, 4);
	assert_int_equal(p->about.own_bytes, 5);
	assert_int_equal(p->about.held_bytes, 3072);
	assert_int_equal(p->stack_count, 2);
	assert_int_equal(p->stacks[0].depth, 3);
	assert_int_equal(p->stacks[0].size, 1000);
	assert_int_equal(p->stacks[0].usable, 1024);
	assert_int_equal(p->stacks[1].usable, 0);
	assert_int_equal(p->stacks[0].raw[PROFILE_INUSE_OBJECTS], 3);
	assert_int_equal(p->stacks[0].raw[PROFILE_ALLOC_SPACE], 8000);
	assert_int_equal(p->stacks[1].value[PROFILE_INUSE_SPACE], 0);
	profile_free(p);
}

/* Return addresses are lowered by one, marks are not, and each finds its mapping. */
static void places(void **state)
{
	struct profile *p = read_text(HEAD SAMPLES MAPS END);

	(void)state;
	assert_non_null(p);
	const uint32_t *frames = p->frames + p->stacks[0].first_frame;
	assert_int_equal(p->mapping_count, 3);
	const struct profile_location *first = &p->locations[frames[0]];
	assert_int_equal(first->pc, 0x401000);
	assert_string_equal(p->mappings[first->mapping].path, "/opt/my app/server");
	assert_string_equal(p->mappings[first->mapping].build_id, "0123456789abcdef");
	assert_int_equal(p->mappings[first->mapping].offset, 0x1000);
	assert_string_equal(p->mappings[p->locations[frames[1]].mapping].path,
			    "/usr/lib/libc.so.6");
	assert_int_equal(p->locations[frames[2]].pc, PROFILE_PC_CUT);
	assert_int_equal(p->locations[frames[2]].mapping, PROFILE_NONE);
	frames = p->frames + p->stacks[1].first_frame;
	assert_int_equal(p->locations[frames[1]].pc, PROFILE_PC_ELIDED);
	assert_null(p->mappings[p->locations[frames[2]].mapping].path);
	profile_free(p);
}

/* Cut at every byte: never an error behind the first line, never silent, never a wrong number. */
static void cut_anywhere(void **state)
{
	static const char text[] = HEAD SAMPLES MAPS END;
	const size_t first = strcspn(text, "\n") + 1;

	(void)state;
	for (size_t n = 0; n < sizeof text - 1; n++) {
		struct profile *p = profile_new();
		struct err err = {0};
		char *piece = malloc(n + 1); /* its end is where ASan would see a read too far */
		assert_non_null(piece);
		memcpy(piece, text, n);
		const int result = read_heap(piece, n, p, &err);
		assert_int_equal(result, n < first ? -1 : 0);
		if (!result) {
			assert_non_null(p->about.partial);
			assert_true(p->stack_count <= 2);
			for (size_t i = 0; i < p->stack_count; i++) {
				assert_int_equal(p->stacks[i].raw[PROFILE_ALLOC_OBJECTS],
						 i ? 1 : 8);
				assert_int_equal(p->stacks[i].depth, 3);
			}
			assert_int_equal(p->about.partial_stacks,
					 n < strlen(HEAD SAMPLES "MAPPED_LIBRARIES:\n"));
		} else {
			assert_string_not_equal(err.text, "");
		}
		free(piece);
		profile_free(p);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"heap profile: 1: 2 [ 3: 4] @ growth\n", "line 1"},
		{"heap profile: 1: 2 [ 3: 4] @ heap_v2/x\n", "line 1"},
		{"heap profile: 1: 2 [ 3: 4 @ heap_v2/1\n", "line 1"},
		{"heap profile: 1: 2 [ 3: 99999999999999999999] @ heap_v2/1\n", "line 1"},
		{HEAD "what\n", "line 7"},
		{HEAD "1: 1 [ 1: 1] @ 0x\n", "line 7"},
		{HEAD "1: 1 [ 1: 1] @ 12\n", "line 7"},
		{HEAD "1: 1 [ 1: 1] @ 0x11112222333344445\n", "line 7"},
		{HEAD "-1: 1 [ 1: 1] @ 0x1\n", "line 7"},
		{HEAD "0: 1 [ 1: 1] @ 0x1\n", "line 7"},
		{HEAD "9223372036854775808: 1 [ 1: 1] @ 0x1\n", "line 7"},
		{HEAD "t*: 1 [ 1: 1]\n@ 0x1\n  t*: 1: 1\n", "line 9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct profile *p = profile_new();
		struct err err = {0};
		assert_int_equal(read_heap(cases[i].text, strlen(cases[i].text), p, &err), -1);
		assert_non_null(strstr(err.text, cases[i].says));
		profile_free(p);
	}
	assert_false(read_heap_is("heap", 4));
	assert_false(read_heap_is("", 0));
}

static void other_producers(void **state)
{
	struct profile *p =
		read_text("heap profile:      2:       20 [     5:       50] @ heapprofile\n"
			  "     2:       20 [     5:       50] @ 0x00000011 0x21\n"
			  "\nMAPPED_LIBRARIES:\nbuild=/x\n10-20 r-xp 0 00:00 0 /x/$build\n");

	(void)state;
	assert_non_null(p);
	assert_null(p->about.partial);
	assert_false(p->about.scaled);
	assert_int_equal(p->stacks[0].value[PROFILE_INUSE_SPACE], 20);
	profile_free(p);

	p = read_text("heap_v2/524288\n  t*: 3: 30 [0: 0]\n  t0: 3: 30 [0: 0]\n"
		      "@ 0x11 0x21\n  t*: 3: 30 [0: 0]\n  t0: 3: 30 [0: 0]\n"
		      "MAPPED_LIBRARIES:\n10-20 r-xp 0 00:00 0 /x\n");
	assert_non_null(p);
	assert_null(p->about.partial);
	assert_int_equal(p->stack_count, 1);
	assert_int_equal(p->stacks[0].raw[PROFILE_INUSE_OBJECTS], 3);
	assert_true(p->stacks[0].value[PROFILE_INUSE_SPACE] > 3 * 500000);
	profile_free(p);
}

static void switched_off(void **state)
{
	struct profile *p = read_text(HEAD SAMPLES MAPS END);

	(void)state;
	assert_int_equal(p->about.failures, 0);
	assert_null(p->about.off);
	profile_free(p);
	p = read_text(HEAD "# failures 3\n" SAMPLES MAPS END);
	assert_int_equal(p->about.failures, 3);
	assert_null(p->about.off);
	profile_free(p);
	p = read_text(HEAD "# failures 65 off scratch\n" SAMPLES MAPS END);
	assert_int_equal(p->about.failures, 65);
	assert_string_equal(p->about.off, "scratch");
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switched_off), cmocka_unit_test(whole),
		cmocka_unit_test(places),	cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(refused),	cmocka_unit_test(other_producers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
