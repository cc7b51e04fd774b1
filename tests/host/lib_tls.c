/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_tls.c - a library with initial-exec thread variables: it needs spare static TLS at dlopen
 * host: flags=-ftls-model=initial-exec
 */
#define EXPORT __attribute__((visibility("default")))

EXPORT int *tls_word(int i);

static __thread int words[320];

int *tls_word(int i)
{
	return &words[i];
}
