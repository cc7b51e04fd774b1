/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/demangle.o */
/* Proves: C++, Rust legacy and Rust v0 names become readable, without parameters and hashes, and
 * say their language; other names, also ones that only look mangled, stay alone. Fails when: the
 * order of the demanglers or their options change. */
#include "demangle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void check(const char *symbol, const char *wanted, enum name_lang wanted_lang)
{
	enum name_lang lang = NAME_LANG_UNKNOWN;
	char *text = demangle(symbol, &lang);

	if (wanted) {
		assert_non_null(text);
		assert_string_equal(text, wanted);
	} else {
		assert_null(text);
	}
	assert_int_equal(lang, wanted_lang);
	free(text);
}

static void cxx(void **state)
{
	(void)state;
	check("_ZN3foo3barEv", "foo::bar", NAME_LANG_CXX);
	check("_ZNSt6vectorIiSaIiEE9push_backERKi",
	      "std::vector<int, std::allocator<int> >::push_back", NAME_LANG_CXX);
	check("_Z1fIiEvT_", "f<int>", NAME_LANG_CXX);
	check("_ZdlPv", "operator delete", NAME_LANG_CXX);
	check("_ZZN1AC1EvENKUlvE_clEv", "A::A()::{lambda()#1}::operator()", NAME_LANG_CXX);
	check("_ZN3foo3barEv.constprop.0", "foo::bar", NAME_LANG_CXX);
}

static void rust(void **state)
{
	(void)state;
	check("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write", NAME_LANG_RUST);
	check("_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0123456789abcdefE",
	      "alloc::vec::Vec<T,A>::push", NAME_LANG_RUST);
	check("_RNvCs1234_7mycrate3foo", "mycrate::foo", NAME_LANG_RUST);
	check("_RINvNtC3std3mem8align_ofjdE", "std::mem::align_of::<usize, f64>", NAME_LANG_RUST);
}

static void neither(void **state)
{
	(void)state;
	check(NULL, NULL, NAME_LANG_UNKNOWN);
	check("", NULL, NAME_LANG_UNKNOWN);
	check("main", NULL, NAME_LANG_UNKNOWN);
	check("main.(*T).M", NULL, NAME_LANG_UNKNOWN);
	check("_Z", NULL, NAME_LANG_UNKNOWN);
	check("_Zebra", NULL, NAME_LANG_UNKNOWN);
	check("_Read", NULL, NAME_LANG_UNKNOWN);
	check("_ZN3fo", NULL, NAME_LANG_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cxx),
		cmocka_unit_test(rust),
		cmocka_unit_test(neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
