#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# alloc_env.sh - other settings of the loader and of malloc: LD_BIND_NOW, LD_AUDIT, MALLOC_CHECK_ with
# libc's debugging malloc, tunables without thread caches, with huge pages
# host: slow tool=gcc
work='my %h; $h{$_ % 100} .= "x" for 1 .. 50000; print scalar(keys %h), " ", $$ > 0, "\n"; system("exit 3"); print $? / 256, "\n"'
LD_BIND_NOW=1 perl -e "$work"
cat >audit.c <<'END'
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
unsigned la_version(unsigned v) { free(malloc(1000)); return v; }
unsigned la_objopen(struct link_map *m, long id, uintptr_t *c) { (void)m; (void)id; (void)c; free(malloc(100)); return LA_FLG_BINDTO | LA_FLG_BINDFROM; }
END
gcc -shared -fPIC -o audit.so audit.c
LD_AUDIT=$PWD/audit.so perl -e "$work"
LD_AUDIT=$PWD/audit.so python3 -c 'import threading; t = [threading.Thread(target=lambda: [str(i) for i in range(20000)]) for _ in range(4)]; [x.start() for x in t]; [x.join() for x in t]; print(len(t))'
LD_PRELOAD=$LD_PRELOAD:libc_malloc_debug.so.0 MALLOC_CHECK_=3 perl -e "$work"
GLIBC_TUNABLES=glibc.malloc.tcache_count=0 perl -e "$work"
GLIBC_TUNABLES=glibc.malloc.hugetlb=1 perl -e "$work"
GLIBC_TUNABLES=glibc.malloc.mmap_threshold=1024:glibc.malloc.trim_threshold=1024 perl -e "$work"
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=0:glibc.pthread.rseq=0 perl -e "$work"
rm audit.c audit.so
