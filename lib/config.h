/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the LEAKTRACK_* variables, read once, then constant
 *
 * A wrong value is said in one line that names the variable, what it takes and what is used
 * instead, by the process that was first given it, not by its children; the host runs on. README.md
 * and man/leaktrack.7 carry the same table.
 */
#ifndef LEAKTRACK_CONFIG_H
#define LEAKTRACK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_exit {
	CONFIG_EXIT_FIRST, /* the process that the user started, not its children */
	CONFIG_EXIT_ALL,
	CONFIG_EXIT_NONE,
};

enum config_keeper {
	CONFIG_KEEPER_GO, /* in Go programs only: they leave by a raw exit_group */
	CONFIG_KEEPER_ALWAYS,
	CONFIG_KEEPER_NEVER,
};

#define CONFIG_RATE_DEFAULT   (512ull << 10)
#define CONFIG_MEMORY_DEFAULT (64ull << 20)
#define CONFIG_MEMORY_MIN     (1ull << 20)
#define CONFIG_DEPTH_DEFAULT  128u
#define CONFIG_DIR_MOST	      1024u /* bytes, the ending 0 counted */
#define CONFIG_TMPDIR_MOST    256u

struct config {
	bool off;		   /* LEAKTRACK=off, or a set-user-ID program */
	uint64_t rate;		   /* LEAKTRACK_RATE: mean bytes between samples; 1 = every block */
	uint64_t memory;	   /* LEAKTRACK_MEMORY: the most that we may take, bytes */
	unsigned depth;		   /* LEAKTRACK_DEPTH: frames kept of a stack */
	int signal;		   /* LEAKTRACK_SIGNAL: 0 = none */
	enum config_exit exit;	   /* LEAKTRACK_EXIT */
	enum config_keeper keeper; /* LEAKTRACK_KEEPER */
	const char *dir;	   /* LEAKTRACK_DIR; empty: the working folder, then tmpdir */
	const char *tmpdir;	   /* $TMPDIR, or /tmp */
};

/* config_start - read the variables from @env
 * Context: start; called once, before any other thread can call in. */
void config_start(char **env);

/* config_off - as if LEAKTRACK=off had been said. Context: start. */
void config_off(void);

/* config_get - the settings; all zero before config_start(), the paths their defaults. Context:
 * hot. */
const struct config *config_get(void);

/* config_parse_bytes - '1', '64k', '1m', '2g' (also upper case, also 'KiB'-like endings)
 * Returns false when @text is no such number, or does not fit. Context: hot. */
bool config_parse_bytes(const char *text, uint64_t *bytes);

/* config_parse_signal - '12', 'USR2', 'SIGUSR2', 'RTMIN+3', 'none' (0). Context: start. */
bool config_parse_signal(const char *text, int *signal);

#endif
