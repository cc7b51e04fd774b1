#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: a program and its debug information that are on no disk here come from Debian's debuginfod
# server, asked by build-id through DEBUGINFOD_URLS: a stripped program gets its lines, a program
# that is gone its names; a server that does not have it, or is not there, costs the names only;
# without the variable nobody is asked.
# Fails when: the client is not loaded, or asked for the wrong thing.
. "$(dirname "$0")/common.bash"

for need in debuginfod objcopy readelf python3; do
	command -v "$need" >/dev/null || skip "no $need here"
done
export DEBUGINFOD_CACHE_PATH=$PWD/cache DEBUGINFOD_TIMEOUT=20

cat >store.c <<'C'
#include <stdlib.h>
void *kept[20];
static inline __attribute__((always_inline)) void *inlined(int i)
{
	return malloc(5000 + i); /* MALLOC */
}
__attribute__((noinline)) static void keep(int i)
{
	kept[i] = inlined(i);
}
int main(void)
{
	for (int i = 0; i < 20; i++)
		keep(i);
	return kept[0] == NULL;
}
C
cc -g -O1 -Wl,--build-id -o store store.c || fail cc
id=$(readelf -n store | sed -n 's/.*Build ID: //p')
LEAKTRACK_RATE=1 LEAKTRACK_DIR=. LD_PRELOAD=$LIB ./store 2>err || fail "$(cat err)"
mv leaktrack.*.exit.heap store.heap || fail 'no dump'
mkdir served && mv store served/whole
objcopy --only-keep-debug served/whole served/store.debug
objcopy --strip-all served/whole served/store
rm served/whole
place=store.c:$(line_of store.c MALLOC)

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
debuginfod -p "$port" -d :memory: -t 1 -F served >server.out 2>&1 &
started=$!
url=http://127.0.0.1:$port

serves() {
	python3 - "$url" "$id" <<-'PY' 2>/dev/null
		import sys, urllib.request
		for what in ("executable", "debuginfo"):
		    urllib.request.urlopen(f"{sys.argv[1]}/buildid/{sys.argv[2]}/{what}").read()
	PY
}
wait_for 'the server to have read its folder' serves

said() {
	has report.err "$1" || fail "'$1' is not told: $(cat report.err)"
}

report --verbose store.heap
said 'store: no such file'
names_not keep
export DEBUGINFOD_URLS=$url
report --verbose store.heap
names inlined "$place"
said "names from $PWD/cache/.* \(debuginfod\), debug information from $PWD/cache/.* \(debuginfod\)"
cp served/store store
report --verbose store.heap
names inlined "$place"
said "names from $PWD/store \(path\), debug information from .* \(debuginfod\)"

# Another build-id: the server knows nothing of it.
rm store
sed "s/$id/ffff$id/" store.heap >other.heap
report --verbose other.heap
said 'store: no such file'
names_not keep

# A server that is gone, with an empty cache.
kill "$started" && wait "$started"
rm -rf cache
report --verbose store.heap
said 'store: no such file'
names_not keep
exit 0
