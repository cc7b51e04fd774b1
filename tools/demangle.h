/* SPDX-License-Identifier: Apache-2.0 */
/* demangle - C++ and Rust names as a person writes them
 *
 * By libiberty: Itanium C++ names, Rust's legacy names (without their hash) and v0 names. A name
 * that is none of these stays as it is. Parameters of C++ functions are left out, template
 * arguments kept: 'std::vector<int>::push_back'. Symbol versions ('@@GLIBC_2.2.5') are cut by the
 * caller; compiler suffixes ('.constprop.0', '.cold') are kept in brackets by libiberty. */
#ifndef LEAKTRACK_TOOLS_DEMANGLE_H
#define LEAKTRACK_TOOLS_DEMANGLE_H

#include "name.h"

/* demangle - the readable form, from malloc; NULL: @symbol is not mangled, use it as it is
 * @lang set to the language that the mangling tells, left alone otherwise */
char *demangle(const char *symbol, enum name_lang *lang);

#endif
