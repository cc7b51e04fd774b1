/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaktrack.h - ask the heap profiler from inside the program that it watches
 *
 * All functions are weak references: a program that uses them links without the library and runs
 * without it, and then each of them is NULL. So test before the call:
 *
 *     if (leaktrack_dump) {
 *             leaktrack_dump(NULL);
 *     }
 *
 * They come into being when the program is started with LD_PRELOAD=libleaktrack.so (or is linked
 * with -lleaktrack). With LEAKTRACK=off in the environment they are there and refuse.
 *
 * All functions may be called from any thread, and none changes errno except as it says.
 */
#ifndef LEAKTRACK_H
#define LEAKTRACK_H

#include <stddef.h>
#include <stdint.h>

#define LEAKTRACK_VERSION "0.1.0"

#ifndef LEAKTRACK_API
#define LEAKTRACK_API __attribute__((weak))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* leaktrack_dump - write a dump now
 * @path where to; an existing file is replaced. NULL: leaktrack.PID.N.heap, where a dump by signal
 *       would go.
 * Returns 0, or -1 with errno set (EBUSY: another dump is being written; EPERM: switched off;
 * EEXIST: what is at @path is no file, such as /dev/stdout).
 * Async-signal-safe. */
LEAKTRACK_API int leaktrack_dump(const char *path);

/* leaktrack_pause - record no new blocks until leaktrack_resume(); frees of recorded ones count on.
 * Async-signal-safe. */
LEAKTRACK_API void leaktrack_pause(void);
LEAKTRACK_API void leaktrack_resume(void);

/* leaktrack_set_rate - the mean distance of samples, in bytes; 1 records every block
 * Holds at once in the calling thread, in others from their next sample on. What was recorded
 * before keeps its weight. Returns 0, or -1 with errno set (EINVAL: 0 or more than 1 TiB; ENOSPC:
 * changed more than 60 times; EAGAIN: too early in the program's start; EPERM: switched off). */
LEAKTRACK_API int leaktrack_set_rate(size_t bytes);

/* leaktrack_version - the library's version, such as "0.1.0". */
LEAKTRACK_API const char *leaktrack_version(void);

#ifdef __cplusplus
}
#endif

#endif
