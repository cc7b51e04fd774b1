#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: real tables of Go 1.14 to 1.17, in their two old layouts, are read right: functions, files
# and lines are those that `go tool addr2line` gives, at random addresses of programs as their makers
# released them, stripped and not; inlined calls are those that the program itself prints in its
# traceback when it is killed by SIGQUIT. The table of 1.15 that Go's own tests use is one of them.
# Fails when: the fields, sizes or pointers of an old layout are read otherwise.
. "$(dirname "$0")/common.bash"

for need in go python3 readelf ld npm; do
	command -v "$need" >/dev/null || skip "no $need here"
done
export SYMBOLIZE
compare=$TOP/tests/names/compare

# Go's own: a table without the program around it. Text as long as the table says is put beside it.
table=$(go env GOROOT)/src/debug/gosym/testdata/pcln115.gz
if [ -e "$table" ]; then
	gunzip -c "$table" >go115.table
	read -r start end < <(python3 - <<-'PY'
		import struct
		data = open("go115.table", "rb").read()
		(count,) = struct.unpack_from("<Q", data, 8)
		print(*(hex(struct.unpack_from("<Q", data, 16 + 16 * n)[0]) for n in (0, count)))
		PY
	)
	printf '.section .text,"ax"\n.fill %d, 1, 0x90\n.section .gopclntab,"a"\n.incbin "go115.table"\n' \
		$((end - start)) >table.s
	as -o table.o table.s || fail as
	ld -s -e 0 -Ttext="$start" -o go115 table.o || fail ld
	"$compare" --tool go --count 8000 "$PWD/go115" >report || fail "$(cat report)"
	[ "$(sed -n "s/.*'same': \([0-9]*\).*/\1/p" report)" -gt 3000 ] || fail "go115: $(cat report)"
fi

# Released programs, from npm's registry; they stay in the build folder.
fetch() { # VERSION - sets $program
	local place=$BUILD/npm/esbuild-linux-64-$1
	program=$(realpath -m "$place/package/bin/esbuild")
	[ ! -x "$program" ] || return 0
	mkdir -p "$place.new" && (
		cd "$place.new" || exit 1
		timeout 40 npm pack --silent --fetch-retries=0 "esbuild-linux-64@$1" >/dev/null 2>npm.err && tar xzf ./*.tgz
	) || return 1
	rm -rf "$place" && mv "$place.new" "$place" && [ -x "$program" ]
}

# It waits for its input; the traceback tells the PC of each frame that is no inlined one.
traceback() {
	local waiter
	mkfifo input 2>/dev/null
	GOTRACEBACK=system "$program" <input >/dev/null 2>traceback &
	waiter=$!
	started="$started $waiter"
	exec 8>input
	wait_for "$program to read" asleep "$waiter"
	kill -QUIT "$waiter"
	wait "$waiter"
	exec 8>&-
	PYTHONPATH=$TOP/tests/names PYTHONDONTWRITEBYTECODE=1 "$TOP/tests/names/traceback" "$program" \
		traceback >report || fail "$version: $(cat report)"
}

asleep() { # PID - its first thread waits, as Go does in a read
	local threads
	threads=("/proc/$1/task"/*)
	[ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat")" = S ] && [ ${#threads[@]} -gt 2 ]
}

for version in 0.4.0 0.8.0 0.8.57 0.13.15; do
	fetch "$version" || skip "npm's registry does not give esbuild-linux-64@$version"
	tools=(--tool go)
	[ $version != 0.4.0 ] || tools+=(--tool llvm --functions)
	"$compare" "${tools[@]}" --count 2000 "$program" >report || fail "$version: $(cat report)"
	traceback
done
exit 0
