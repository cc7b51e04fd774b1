/* SPDX-License-Identifier: Apache-2.0 */
/* Demangling, by libiberty.
 *
 * Rust's legacy names are also valid C++ names ('_ZN4core3fmt5write17h0123456789abcdefE'), so
 * Rust is asked first: it takes them only when the last part is a hash. */
#include "demangle.h"

#include <stdlib.h>
#include <string.h>

/* libiberty's header expects string.h, and a bool-free C. */
#include <libiberty/demangle.h>

#define OPTIONS (DMGL_ANSI) /* no DMGL_PARAMS: pprof's tables show no parameters either */

static bool is_rust_v0(const char *symbol)
{
	return symbol[0] == '_' && symbol[1] == 'R' && symbol[2] >= 'A' && symbol[2] <= 'Z';
}

static bool is_itanium(const char *symbol)
{
	return strncmp(symbol, "_Z", 2) == 0 || strncmp(symbol, "___Z", 4) == 0;
}

char *demangle(const char *symbol, enum name_lang *lang)
{
	char *text = NULL;

	if (!symbol || (!is_itanium(symbol) && !is_rust_v0(symbol))) {
		return NULL;
	}
	text = rust_demangle(symbol, 0);
	if (text) {
		*lang = NAME_LANG_RUST;
		return text;
	}
	text = cplus_demangle_v3(symbol, OPTIONS);
	if (text) {
		*lang = NAME_LANG_CXX;
	}
	return text;
}
