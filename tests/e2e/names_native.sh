#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: functions, files, lines and inlined calls of C, C++ and cgo code are those that
# llvm-symbolizer and eu-addr2line give, at random addresses of our own files, of libraries of this
# machine and of a cgo program; each way in which they differ has its reason in tests/names/compare.
# `make check-names` is the long form.
# Fails when: a name, file or line is another one, and nothing explains it.
. "$(dirname "$0")/common.bash"

for need in python3 readelf llvm-symbolizer eu-addr2line; do
	command -v "$need" >/dev/null || skip "no $need here"
done
export SYMBOLIZE

libc=$(ldd "$SYMBOLIZE" | sed -n 's|.*=> \(/.*/libc\.so\.6\) .*|\1|p')
id=$(readelf -n "$libc" | sed -n 's/.*Build ID: //p')
debug=/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug
[ ! -e "$debug" ] || libc=$libc=$debug
cxx=$(dirname "${libc%%=*}")/libstdc++.so.6
files=("$SYMBOLIZE" "$LIB" "$libc")
[ ! -e "$cxx" ] || files+=("$cxx")
[ ! -x "$PROG/cgo-leak" ] || files+=("$PROG/cgo-leak")
# What programs call is the name with debug information and without, whatever glibc calls it itself
# (__new_tmpfile, __strdup).
for name in tmpfile strdup malloc getc; do
	address=$(nm -D "${libc%%=*}" | awk -v n=$name '$3 ~ "^" n "(@@.*)?$" { print $1 }')
	{
		echo 'heap profile: 1: 1 [ 1: 1] @ heap_v2/1'
		echo "  1: 1 [ 1: 1] @ 0x$(printf '%x' $((16#$address + 2)))"
		echo MAPPED_LIBRARIES:
		readelf -lW "${libc%%=*}" | awk '$1 == "LOAD" && / R E /' | while read -r _ offset vaddr _ size _; do
			printf '%x-%x r-xp %08x 00:00 0   %s\n' $((vaddr)) $((vaddr + size)) $((offset)) "${libc%%=*}"
		done
		echo '# end'
	} >one.heap
	report --folded --all-frames one.heap
	grep -Eq "^$name " report || fail "$name: $(cat report)"
done

"$TOP/tests/names/compare" --count 400 "${files[@]}" >report || fail "$(cat report)"
