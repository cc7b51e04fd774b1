/* SPDX-License-Identifier: Apache-2.0 */
/* The debuginfod client, loaded when it is needed.
 *
 * Linking with it would load libcurl and some twenty more libraries at each start of the tool:
 * more time than naming a usual dump takes. */
#include "elfs_remote.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "progress.h"

#define LIBRARY "libdebuginfod.so.1"

/* As elfutils/debuginfod.h has them; that header is in a package of its own. */
typedef struct debuginfod_client debuginfod_client;
typedef debuginfod_client *begin_function(void);
typedef void end_function(debuginfod_client *client);
typedef int progress_function(debuginfod_client *client, long done, long total);
typedef void watch_function(debuginfod_client *client, progress_function *progress);
typedef int find_function(debuginfod_client *client, const unsigned char *build_id, int length,
			  char **path);

/* A download may take long: the bar says what is being waited for. Returns 0: go on. */
static int waiting(debuginfod_client *client, long done, long total)
{
	(void)client;
	(void)done;
	(void)total;
	progress_on("(asking debuginfod servers)");
	progress_more(0);
	return 0;
}

static char *ask(void *library, const char *build_id, const char *function)
{
	begin_function *begin = (begin_function *)dlsym(library, "debuginfod_begin");
	end_function *end = (end_function *)dlsym(library, "debuginfod_end");
	find_function *find = (find_function *)dlsym(library, function);
	watch_function *watch = (watch_function *)dlsym(library, "debuginfod_set_progressfn");
	debuginfod_client *client;
	char *path = NULL;
	int fd;

	if (!begin || !end || !find) {
		return NULL;
	}
	client = begin();
	if (!client) {
		return NULL;
	}
	if (watch) {
		watch(client, waiting);
	}
	/* A length of 0 says that the build-id is a string of hex digits. */
	fd = find(client, (const unsigned char *)build_id, 0, &path);
	end(client);
	if (fd < 0) {
		return NULL;
	}
	close(fd);
	return path;
}

char *elfs_remote_find(const char *build_id, enum elfs_remote what)
{
	const char *servers = getenv("DEBUGINFOD_URLS");
	void *library;

	if (!servers || !*servers) {
		return NULL;
	}
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		return NULL;
	}
	return ask(library, build_id,
		   what == ELFS_REMOTE_EXECUTABLE ? "debuginfod_find_executable"
						  : "debuginfod_find_debuginfo");
}
