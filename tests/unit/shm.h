/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shm.h - a folder of the test's own that stands for /dev/shm, and a state file in it
 */
#ifndef LEAKTRACK_TEST_SHM_H
#define LEAKTRACK_TEST_SHM_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apart.h"
#include "config.h"
#include "fake_sys.h"
#include "state.h"

static char shm_root[] = "/dev/shm/lktest-XXXXXX";
static char shm_tmp[40]; /* stands for $TMPDIR */

static inline int shm_unlink_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void shm_remove(void)
{
	nftw(shm_root, shm_unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Make the folder, for this process and its children. */
static inline int shm_setup(void **unused)
{
	(void)unused;
	if (mkdtemp(shm_root) == NULL) {
		return -1;
	}
	snprintf(shm_tmp, sizeof(shm_tmp), "%s/tmp", shm_root);
	fake_sys()->shm = shm_root;
	return mkdir(shm_tmp, 0700);
}

static inline int shm_teardown(void **unused)
{
	(void)unused;
	shm_remove();
	return 0;
}

/* Read settings: a budget like "1m", a rate like "512k". */
static inline void shm_config(const char *memory, const char *rate)
{
	char m[64], r[64], t[64];
	char *environment[] = {m, r, t, NULL};

	snprintf(m, sizeof(m), "LEAKTRACK_MEMORY=%s", memory);
	snprintf(r, sizeof(r), "LEAKTRACK_RATE=%s", rate);
	snprintf(t, sizeof(t), "TMPDIR=%s", shm_tmp);
	config_start(environment);
}

/* How many state files there are: in the folder for /dev/shm, or in @folder. */
static inline unsigned shm_files(const char *folder)
{
	char path[300];
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/leaktrack-%u", folder != NULL ? folder : shm_root,
		 (unsigned)geteuid());
	DIR *dir = opendir(path);

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		n += strstr(e->d_name, ".state") != NULL;
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return n;
}

/* apart_test(), of a piece that leaves no state file behind. */
static inline void shm_apart_test(void **piece)
{
	apart_test(piece);
	assert_int_equal(shm_files(NULL), 0);
}

#endif
