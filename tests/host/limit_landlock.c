/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_landlock.c - a landlock sandbox: no file may be opened any more
 * host: wide says torn
 */
#include "host.h"
#include <linux/landlock.h>

static int inside(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (fd < 0) {
		return HOST_SKIP;
	}
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	MUST(syscall(SYS_landlock_restrict_self, fd, 0) == 0);
	close(fd);
	churn(1, 5000);
	CHECK(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	KEEP(malloc(1000));
	exit(host_failed ? 1 : 6);
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		int status = reap(child(inside));

		NEED(status != HOST_SKIP << 8, "no landlock here");
		printf("%s\n", ended(status));
		fflush(stdout);
		churn(1, 3000);
	}
	return done();
}
