#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: install puts everything below DESTDIR and prefix, what it put there works, and uninstall
# takes it all away again.
# Fails when: a file is added to one of the two and not to the other.
. "$(dirname "$0")/common.bash"

make=(make -C "$TOP" BUILD="$BUILD" DESTDIR="$PWD/root" prefix=/opt/lt)
unset MAKEFLAGS MAKELEVEL
"${make[@]}" install >log 2>&1 || fail "install: $(cat log)"
for f in lib/libleaktrack.so lib/pkgconfig/leaktrack.pc bin/leaktrack bin/leaktrack-symbolize include/leaktrack.h \
	share/bash-completion/completions/leaktrack{,-symbolize} \
	share/zsh/site-functions/_leaktrack{,-symbolize} \
	share/fish/vendor_completions.d/leaktrack{,-symbolize}.fish; do
	[ -f "root/opt/lt/$f" ] || fail "no $f"
done
for page in "$TOP"/man/*.[17]; do
	[ -f "root/opt/lt/share/man/man${page##*.}/$(basename "$page")" ] || fail "no $page"
done
[ -z "$(find root -path root/opt -prune -o -type f -print)" ] || fail 'files outside of prefix'
LEAKTRACK_RATE=1 LD_PRELOAD=$PWD/root/opt/lt/lib/libleaktrack.so "$PROG/e2e_leak" 10 10 return >out ||
	fail "status $?"
root/opt/lt/bin/leaktrack-symbolize leaktrack.*.exit.heap >report || fail 'no report'
has report forget || fail 'the installed tool names nothing'
"${make[@]}" uninstall >log 2>&1 || fail "uninstall: $(cat log)"
left=$(find root -type f)
[ -z "$left" ] || fail "left behind: $left"
