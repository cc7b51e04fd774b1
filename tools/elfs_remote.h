/* SPDX-License-Identifier: Apache-2.0 */
/* elfs_remote - files from debuginfod servers, by build-id
 *
 * Only where DEBUGINFOD_URLS names servers: nobody is asked unbidden. Files land in the client's
 * cache ($DEBUGINFOD_CACHE_PATH, else ~/.cache/debuginfod_client), which also remembers for a
 * while what servers do not have. */
#ifndef LEAKTRACK_TOOLS_ELFS_REMOTE_H
#define LEAKTRACK_TOOLS_ELFS_REMOTE_H

enum elfs_remote {
	ELFS_REMOTE_EXECUTABLE,
	ELFS_REMOTE_DEBUGINFO,
};

/* elfs_remote_find - path of the file in the cache, from malloc; NULL: no server has it
 * @build_id  hex digits */
char *elfs_remote_find(const char *build_id, enum elfs_remote what);

#endif
