/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - where a state file lives: folder, name, and what became of dead processes' files
 *
 * In memory: /dev/shm/leaktrack-UID/PID.START.state, else the same folder under $TMPDIR. The folder
 * is ours alone (0700, checked: a link, a stranger's folder or one that others may write to is not
 * used), the file is new (O_EXCL, O_NOFOLLOW, 0600). As PID 1 of a container, which takes /dev/shm
 * with it when it ends, in LEAKTRACK_DIR where that is set.
 *
 * A file is left behind by a process that was killed, or left by a raw exit. Of those, PLACE_KEEP
 * are kept, the newest; older ones are removed when a new file is made, and so is what the process
 * was before it executed the program that it is.
 */
#ifndef LEAKTRACK_PLACE_H
#define LEAKTRACK_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define PLACE_KEEP     8
#define PLACE_PATH_MAX 300

/* place_create - make a new file and sweep the folder
 * @path   room for PLACE_PATH_MAX bytes: its name; empty when it has none (memfd)
 * @now_ms CLOCK_REALTIME, for the name
 * Returns a descriptor, or -errno: then there is no file to be had.
 * Context: sample, where descriptors may be opened (ready.h). */
int place_create(char *path, uint64_t now_ms);

/* place_remove - remove a file that place_create() made, and the folder if nothing else is in it
 * @path is empty afterwards. Context: sample. */
void place_remove(char *path);

#endif
