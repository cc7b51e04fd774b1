/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/tree.o tools/view.o tools/kind.o tools/estimate.o tools/profile.o */
/* objects: tools/pattern.o tools/finder.o tools/mem.o tools/err.o */
/* Proves: flat, cum and own of each node, each stack once even in recursion; edges; the heaviest
 * line of a function; the orders; what is folded, who owns, and what it called.
 * Fails when: a sum counts twice, plumbing shows, or the leaking Go line does not come first. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model.h"

#define CGO                                                                     \
	"_cgo_1234_Cfunc_lib_open@cgo-gcc-prolog:9;runtime.asmcgocall@asm.s:1;" \
	"runtime.cgocall@cgocall.go:1;main._Cfunc_lib_open@_cgo_gotypes.go:7;"
#define CSTRING                                                                \
	"_cgo_1234_Cfunc__Cmalloc@_cgo_export.c:9;runtime.asmcgocall@asm.s:1;" \
	"runtime.cgocall@cgocall.go:1;main._cgo_cmalloc@_cgo_gotypes.go:7;"    \
	"main._Cfunc_CString@_cgo_gotypes.go:8;"
#define UP                                                                                      \
	"main.serve@/s/main.go:90;net/http.HandlerFunc.ServeHTTP@/go/src/net/http/server.go:2;" \
	"runtime.goexit@asm.s:3"

static struct profile *profile;

static int setup(void **state)
{
	(void)state;
	profile = profile_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	profile_free(profile);
	return 0;
}

static struct view *view_of(const struct view_options *options)
{
	struct err err = {0};
	struct view *view = view_new(profile, options, &err);

	assert_non_null(view);
	return view;
}

static const struct tree_node *node(const struct tree *tree, const char *name)
{
	for (size_t i = 0; i < tree->node_count; i++) {
		if (!strcmp(tree->nodes[i].name, name)) {
			return &tree->nodes[i];
		}
	}
	return NULL;
}

static void add(const char *text, int64_t inuse)
{
	model_stack(profile, PROFILE_NONE, text, 10, inuse, inuse, 1);
}

static void sums(void **state)
{
	const struct view_options plain = {0};

	(void)state;
	add("f@a.c:1;g@a.c:5;main@a.c:9", 3);
	add("f@a.c:2;g@a.c:5;main@a.c:8", 4);
	add("g@a.c:6;main@a.c:9", 1);
	add("f@a.c:1;f@a.c:3;f@a.c:3;main@a.c:7", 100);
	struct view *view = view_of(&plain);
	struct tree *tree = tree_new(view, PROFILE_INUSE_SPACE, TREE_BY_FUNCTION);
	const struct tree_node *f = node(tree, "f");
	const struct tree_node *g = node(tree, "g");
	const struct tree_node *top = node(tree, "main");
	assert_int_equal(tree->node_count, 3);
	assert_int_equal(tree->total, 1080);
	assert_int_equal(f->flat, 1070);
	assert_int_equal(f->cum, 1070);
	assert_int_equal(g->flat, 10);
	assert_int_equal(g->cum, 80);
	assert_int_equal(top->flat, 0);
	assert_int_equal(top->cum, 1080);
	assert_int_equal(f->line, 1);
	assert_int_equal(f->places, 3);
	assert_int_equal(top->line, 7);
	size_t seen = 0;
	tree_link(tree, view, PROFILE_INUSE_SPACE, NULL);
	for (size_t i = 0; i < tree->edge_count; i++) {
		const struct tree_edge *edge = &tree->edges[i];
		const char *from = tree->nodes[edge->from].name;
		const char *to = tree->nodes[edge->to].name;
		const bool main_f = !strcmp(from, "main") && !strcmp(to, "f");
		const bool g_f = !strcmp(from, "g") && !strcmp(to, "f");
		assert_true(!main_f || edge->value == 1000);
		assert_true(!g_f || edge->value == 70);
		seen += main_f + g_f;
	}
	assert_int_equal(seen, 2);
	tree_free(tree);

	/* With g left out, main calls f by way of it: 70 in place of its callee g. */
	tree = tree_new(view, PROFILE_INUSE_SPACE, TREE_BY_FUNCTION);
	bool kept[3] = {true, true, true};
	kept[node(tree, "g") - tree->nodes] = false;
	tree_link(tree, view, PROFILE_INUSE_SPACE, kept);
	assert_int_equal(tree->edge_count, 1);
	assert_int_equal(tree->edges[0].value, 1070);
	tree_free(tree);

	tree = tree_new(view, PROFILE_INUSE_OBJECTS, TREE_BY_LINE);
	assert_int_equal(tree->node_count, 8);
	tree_free(tree);
	tree = tree_new(view, PROFILE_INUSE_OBJECTS, TREE_BY_SIZE);
	assert_int_equal(tree->node_count, 1);
	assert_string_equal(tree->nodes[0].name, "10 B");
	assert_int_equal(tree->nodes[0].flat, 108);
	tree_free(tree);
	view_free(view);
}

static void cgo(void **state)
{
	const struct view_options plain = {0};

	(void)state;
	add("alloc_page@lib.c:3;lib_open@lib.c:8;" CGO
	    "main.open.func1@/s/main.go:40;main.open@/s/main.go:40;" UP,
	    60);
	add(CSTRING "main.greet@/s/main.go:50;" UP, 40);
	struct view *view = view_of(&plain);
	assert_true(view->has_go);
	const struct view_stack *first = &view->stacks[0];
	assert_int_equal(first->count, 5);
	assert_int_equal(first->owner, 2);
	assert_string_equal(first->call, "lib_open");
	assert_int_equal(view->stacks[1].count, 3);
	assert_int_equal(view->stacks[1].owner, 0);
	assert_string_equal(view->stacks[1].call, "CString");

	struct tree *tree = tree_new(view, PROFILE_INUSE_SPACE, TREE_BY_FUNCTION);
	uint32_t *order = tree_sort(tree, TREE_OWN_FIRST);
	assert_string_equal(tree->nodes[order[0]].name, "main.open");
	assert_string_equal(tree->nodes[order[1]].name, "main.greet");
	assert_string_equal(tree->nodes[order[2]].name, "alloc_page");
	assert_int_equal(tree->nodes[order[0]].flat, 0);
	assert_int_equal(tree->nodes[order[0]].own, 600);
	assert_string_equal(tree->nodes[order[0]].call, "lib_open");
	free(order);
	order = tree_sort(tree, TREE_FLAT);
	assert_string_equal(tree->nodes[order[0]].name, "alloc_page");
	assert_string_equal(tree->nodes[order[1]].name, "main.greet");
	free(order);
	order = tree_sort(tree, TREE_CUM);
	assert_string_equal(tree->nodes[order[0]].name, "main.serve");
	free(order);
	tree_free(tree);
	view_free(view);

	const struct view_options all = {.all_frames = true};
	view = view_of(&all);
	assert_int_equal(view->stacks[0].count, 11);
	view_free(view);
}

static void owners(void **state)
{
	static const struct {
		const char *stack, *owner;
	} cases[] = {
		/* Go's library only where no other Go frame is. */
		{"getaddrinfo@gai.c:1;" CGO "net.lookup@/go/src/net/cgo.go:3;main.f@/s/main.go:4",
		 "main.f"},
		{"getaddrinfo@gai.c:1;" CGO "net.lookup@/go/src/net/cgo.go:3", "net.lookup"},
		/* A callback from C into Go: the innermost Go line. */
		{CSTRING "main.callback@/s/main.go:9;main._cgoexp_1_callback@_cgo_gotypes.go:1;"
			 "runtime.cgocallbackg@cgocall.go:1;runtime.cgocallback@asm.s:2;"
			 "crosscall2@asm.s:4;callback@_cgo_export.c:5;walk@lib.c:6;" CGO
			 "main.outer@/s/main.go:30",
		 "main.callback"},
		/* No Go at all: past allocators. */
		{"xmalloc@x.c:1;make_node@x.c:9;main@x.c:20", "make_node"},
		{"operator new(unsigned long)@new.cc:1;make_node@x.cc:9", "make_node"},
		{"strdup@strdup.c:1", "strdup"},
		{"write_str@library/alloc/src/string.rs:3;put@/src/r.rs:5", "put"},
		{"push_back@/usr/include/c++/12/bits/stl_vector.h:3;put@x.cc:5", "put"},
		/* A module of one's own that is called like one of Go's. */
		{CSTRING "log.Write@/home/me/log/log.go:3", "log.Write"},
	};
	const struct view_options plain = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct profile *before = profile;
		profile = profile_new();
		add(cases[i].stack, 1);
		struct view *view = view_of(&plain);
		const struct view_stack *stack = &view->stacks[0];
		const struct view_frame *frame = &view->frames[stack->first + stack->owner];
		assert_string_equal(profile->functions[frame->function].name, cases[i].owner);
		view_free(view);
		profile_free(profile);
		profile = before;
	}
}

/* In a difference: a leak by two ways with few samples each, beside code that comes and goes. */
static void chance(void **state)
{
	const struct view_options plain = {0};

	(void)state;
	for (int way = 0; way < 3; way++) {
		const char *ways[] = {"leak@a.c:1;one@a.c:5;main@a.c:9",
				      "leak@a.c:1;two@a.c:6;main@a.c:9", "busy@a.c:2;main@a.c:9"};
		const uint32_t n = model_stack(profile, PROFILE_NONE, ways[way], 10,
					       way < 2 ? 3 : 4, way < 2 ? 3 : 900, 1 << 20);
		assert_true(profile->stacks[n].variance[1] > 0);
	}
	struct view *view = view_of(&plain);
	assert_false(view->stacks[2].chance);
	view_weigh(view, PROFILE_INUSE_SPACE);
	assert_false(view->stacks[0].chance);
	assert_false(view->stacks[1].chance);
	assert_true(view->stacks[2].chance);
	struct tree *tree = tree_new(view, PROFILE_INUSE_SPACE, TREE_BY_FUNCTION);
	assert_true(node(tree, "leak")->real);
	assert_true(node(tree, "one")->real);
	assert_true(node(tree, "main")->real);
	assert_false(node(tree, "busy")->real);
	tree_free(tree);
	view_free(view);
}

static void filters(void **state)
{
	const struct view_options focus = {.focus = "^g$"};
	const struct view_options ignore = {.ignore = "b\\.c"};
	const struct view_options hide = {.hide = "main"};
	const struct view_options show = {.show = "f"};
	const struct view_options wrong = {.focus = "("};
	struct err err = {0};

	(void)state;
	add("f@a.c:1;g@a.c:5;main@a.c:9", 3);
	add("f@b.c:1;main@a.c:9", 4);
	struct view *view = view_of(&focus);
	assert_int_equal(view->stack_count, 1);
	assert_int_equal(view->stacks[0].stack, 0);
	view_free(view);
	view = view_of(&ignore);
	assert_int_equal(view->stack_count, 1);
	view_free(view);
	view = view_of(&hide);
	assert_int_equal(view->frame_count, 3);
	view_free(view);
	view = view_of(&show);
	assert_int_equal(view->frame_count, 2);
	view_free(view);
	assert_null(view_new(profile, &wrong, &err));
	assert_non_null(strstr(err.text, "--focus ("));
}

/* What cgo's stubs stand for, and whose functions allocate for others. */
static void kinds(void **state)
{
	static const struct {
		const char *stub, *call;
	} stubs[] = {
		{"main._Cfunc_CString", "CString"},
		{"main._Cfunc_CBytes", "CBytes"},
		{"main._Cfunc__CMalloc", "malloc"},
		{"example.com/a/b%2ec._Cfunc_lib_open", "lib_open"},
		{"main._C2func_open", "open"},
		{"main.open", NULL},
	};
	const struct profile_function rust = {.name = "core::iter::collect",
					      .symbol = "_RNvNtCs_4core4iter7collect",
					      .lang = PROFILE_LANG_RUST};
	const struct profile_function cxx = {.name = "core::Engine::load()",
					     .symbol = "_ZN4core6Engine4loadEv",
					     .lang = PROFILE_LANG_CXX};

	(void)state;
	for (size_t i = 0; i < sizeof stubs / sizeof *stubs; i++) {
		const char *call = kind_call(stubs[i].stub);
		assert_true(!call == !stubs[i].call);
		if (call) {
			assert_string_equal(call, stubs[i].call);
		}
	}
	assert_int_equal(kind_of(&rust), KIND_ALLOC);
	assert_int_equal(kind_of(&cxx), KIND_NATIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sums, setup, teardown),
		cmocka_unit_test_setup_teardown(cgo, setup, teardown),
		cmocka_unit_test_setup_teardown(owners, setup, teardown),
		cmocka_unit_test_setup_teardown(chance, setup, teardown),
		cmocka_unit_test_setup_teardown(filters, setup, teardown),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
