#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# limit_no_unwind.sh - no libunwind is installed, or one is found that is a stub, an empty file, or of
# another machine
# host: slow root says tool=unshare tool=gcc time=40
work='my %h; $h{$_ % 100} .= "x" for 1 .. 100000; my @a = map { "x" x $_ } 1 .. 3000; print scalar(@a), "\n"'
mkdir lib
echo 'int nothing;' >s.c
gcc -shared -o lib/libunwind-x86_64.so.8 s.c
LD_LIBRARY_PATH=$PWD/lib perl -e "$work"
: >lib/libunwind-x86_64.so.8
LD_LIBRARY_PATH=$PWD/lib perl -e "$work"
echo 'int unw_step; int unw_create_addr_space; int _Ux86_64_step; int _Ux86_64_init_remote;' >s.c
gcc -shared -o lib/libunwind-x86_64.so.8 s.c
LD_LIBRARY_PATH=$PWD/lib perl -e "$work"
rm -r lib s.c
unshare -m true 2>/dev/null || exit 0
unshare -m sh -c 'for f in /usr/lib/x86_64-linux-gnu/libunwind*.so*; do [ -e "$f" ] && mount --bind /dev/null "$f"; done; perl -e "$0"' "$work" 2>/dev/null
