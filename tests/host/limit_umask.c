/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_umask.c - umask 0 and 0777: the host's mask is kept, files of the profiler are private
 * host: root says
 */
#include "host.h"
#include <dirent.h>

static mode_t mask;

static int start(void)
{
	umask(mask);
	exec_self("started");
	return 1;
}

static void look(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[PATH_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (strstr(e->d_name, "leaktrack") && lstat(path, &st) == 0) {
			CHECK((st.st_mode & 022) == 0);
			CHECK(!S_ISDIR(st.st_mode) || (st.st_mode & 077) == 0);
		}
	}
	if (d) {
		closedir(d);
	}
}

int main(int argc, char **argv)
{
	const char *dumps = getenv("LEAKTRACK_DIR");
	mode_t before;

	(void)argv;
	if (argc > 1) {
		before = umask(022);
		umask(before);
		churn(1, 5000);
		KEEP(malloc(5000));
		CHECK(umask(before) == before);
		look("/dev/shm");
		return host_failed ? 1 : 6;
	}
	for (int i = 0; i < 3; i++) {
		mask = i == 0 ? 0 : i == 1 ? 0777 : 022;
		printf("%s\n", ended(reap(child(start))));
		if (dumps) {
			look(dumps);
		}
	}
	return done();
}
