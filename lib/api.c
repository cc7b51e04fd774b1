/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.c - leaktrack.h, the functions that the watched program may call
 */
#define LEAKTRACK_API __attribute__((visibility("default")))

#include "leaktrack.h"

#include <errno.h>

#include "config.h"
#include "sampler.h"
#include "trigger.h"

int leaktrack_dump(const char *path)
{
	int failed = trigger_api(path);

	if (failed != 0) {
		errno = -failed;
		return -1;
	}
	return 0;
}

void leaktrack_pause(void)
{
	sampler_pause();
}

void leaktrack_resume(void)
{
	sampler_resume();
}

int leaktrack_set_rate(size_t bytes)
{
	int failed = config_get()->off ? -EPERM : sampler_set_rate(bytes);

	if (failed != 0) {
		errno = -failed;
		return -1;
	}
	return 0;
}

const char *leaktrack_version(void)
{
	return LEAKTRACK_VERSION;
}
