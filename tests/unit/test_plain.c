/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/plain.o */
/* Proves: long C++ and Rust names lose what is between their brackets, and nothing else; operators
 * are no brackets; short names and names of C are left as they are.
 * Fails when: a name is cut where it should not be, or grows. */
#include "plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define STRING "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"

static void names(void **state)
{
	static const struct {
		const char *name, *plain;
	} cases[] = {
		{"", ""},
		{"app::make<long>", "app::make<long>"},
		{"std::vector<int, std::allocator<int> >::push_back",
		 "std::vector<int, std::allocator<int> >::push_back"},
		{STRING "::operator[]", "std::__cxx11::basic_string<...>::operator[]"},
		{"std::map<int, " STRING " >::operator<", "std::map<...>::operator<"},
		{"std::map<int, " STRING " >::operator->", "std::map<...>::operator->"},
		{STRING "& std::operator<< <std::char_traits<char> >",
		 "std::__cxx11::basic_string<...>& std::operator<< <...>"},
		{"f<a>::g<" STRING ">", "f<a>::g<...>"},
		{"<alloc::vec::Vec<core::option::Option<alloc::string::String>> as "
		 "core::iter::traits::collect::Extend<T>>::extend",
		 "<alloc::vec::Vec<...> as core::iter::traits::collect::Extend<T>>::extend"},
		{"never_closed<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
		 "<<",
		 "never_closed<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
		 "<<"},
		{"never_opened>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>"
		 ">>",
		 "never_opened>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>"
		 ">>"},
	};
	char name[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		strncpy(name, cases[i].name, sizeof name - 1);
		plain_name(name);
		assert_string_equal(name, cases[i].plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
