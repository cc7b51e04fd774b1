/* SPDX-License-Identifier: Apache-2.0 */
/* plain - long C++ and Rust names without what is between their angle brackets
 *
 * 'std::vector<std::pair<int, …>, …>::push_back' is read as 'std::vector<...>::push_back'. Names of
 * 80 bytes and less stay as they are. The full name remains in the symbol. And paths without
 * detours. */
#ifndef LEAKTRACK_TOOLS_PLAIN_H
#define LEAKTRACK_TOOLS_PLAIN_H

/* plain_name - shortens in place, where that is called for */
void plain_name(char *name);

/* plain_path - a path as filepath.Clean has it, which pprof shows: no '//', no '.', and '..' takes
 * the folder before it; in place */
void plain_path(char *path);

#endif
