#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: wherever the file of a dump went, its names are found by build-id, and --verbose says where:
# in its place, renamed, deleted, upgraded, in another root, with blanks in its path, on an overlay,
# through ld.so by hand, while the process lives; by .gnu_debuglink, .build-id folders,
# mini-debuginfo and dwz supplements; by the debug file alone. A file with another build-id gives no
# name and one warning; so does one that has none, if it is another one or was changed since. Another
# process that has the PID by now is asked for nothing.
# Fails when: a place is not looked at, a wrong file is taken, or nothing is said about it.
. "$(dirname "$0")/common.bash"

for need in objcopy readelf xz dwz; do
	command -v "$need" >/dev/null || skip "no $need here"
done
here=$PWD

cat >shop.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifndef EXTRA
#define EXTRA 0
#endif
void *kept[20 + EXTRA];
#ifdef BIG
__asm__(".text\n.fill 300000, 1, 0x90");
#endif
static inline __attribute__((always_inline)) void *inlined(int i)
{
	return malloc(5000 + i); /* MALLOC */
}
__attribute__((noinline)) static void keep(int i)
{
	kept[i] = inlined(i);
}
int main(int argc, char **argv)
{
	for (int i = 0; i < 20; i++)
		keep(i);
	if (argc > 1) {
		printf("pid %d\nready\n", (int)getpid());
		fflush(stdout);
		getchar();
	}
	return kept[0] == NULL || argv[0] == NULL;
}
C
place=shop.c:$(line_of shop.c MALLOC)

build() { # FILE OPTION...
	local file=$1
	shift
	cc -g -O1 -Wl,--build-id "$@" -o "$file" shop.c || fail "cc $*"
}

record() { # DUMP COMMAND...
	local dump=$1
	shift
	LEAKTRACK_RATE=1 LEAKTRACK_DIR=. LD_PRELOAD=$LIB "$@" 2>err || fail "$*: $(cat err)"
	mv leaktrack.*.exit.heap "$dump" || fail "no dump of $*"
}

told() { # PATTERN - what --verbose says about the program
	grep -E 'shop|bin/it|a b|inside' report.err | grep -Eq -- "$1" ||
		fail "'$1' is not told:"$'\n'"$(cat report.err)"
}

found() { # PATTERN DUMP OPTION... - names with lines, and where they came from
	local pattern=$1 dump=$2
	shift 2
	report --verbose "$@" "$dump"
	names inlined "$place"
	has report keep || fail "keep: $(cat report)"
	told "$pattern"
}

by_symbol() { # PATTERN DUMP OPTION... - names without lines
	local pattern=$1 dump=$2
	shift 2
	report --verbose "$@" "$dump"
	has report keep || fail "no keep: $(cat report)"
	names_not "$place"
	told "$pattern"
}

nothing() { # DUMP PATTERN OPTION... - no name, one warning
	local dump=$1 pattern=$2
	shift 2
	report "$@" "$dump"
	names_not keep
	[ "$(grep -Ec 'shop|inside' report.err)" = 1 ] || fail "not one warning: $(cat report.err)"
	has report.err "$pattern" || fail "no '$pattern': $(cat report.err)"
}

# --- in its place, gone, replaced, elsewhere ----------------------------------------------------

mkdir bin away root && build bin/shop
record shop.heap bin/shop
found '\(path\)' shop.heap
cp bin/shop away/renamed
mkdir -p "root$here/bin" && mv bin/shop "root$here/bin/shop"
nothing shop.heap 'no such file'
nothing shop.heap 'no such file' --symfs away
found '\(symfs\)' shop.heap --symfs root
id=$(readelf -n away/renamed | sed -n 's/.*Build ID: //p')
mkdir -p "ids/.build-id/${id:0:2}" && mv away/renamed "ids/.build-id/${id:0:2}/${id:2}"
found '\(build-id\)' shop.heap --search ids
mkdir flat && mv "root$here/bin/shop" flat/shop
found '\(search\)' shop.heap --search flat
build bin/shop -DEXTRA=1 # an upgrade
nothing shop.heap "build-id [0-9a-f]+, but the dump has $id"
found '\(search\)' shop.heap --search flat
sed -i "s| $id\$| 00$id|" shop.heap
nothing shop.heap 'but the dump has 00' --search flat

# --- started in other ways ----------------------------------------------------------------------

mkdir 'a b (deleted) c' && build 'a b (deleted) c/it (1)'
record blanks.heap './a b (deleted) c/it (1)'
found '\(path\)' blanks.heap
loader=$(readelf -lW bin/shop | sed -n 's/.*interpreter: \(.*\)]/\1/p')
build bin/it
record loader.heap "$loader" bin/it
found '\(path\)' loader.heap
build bin/static -static-pie -fPIE && build bin/fixed -no-pie
record fixed.heap bin/fixed
sed 's|bin/fixed|bin/shop|' fixed.heap >other.heap
nothing other.heap 'but the dump has'

# --- files without a build-id ---------------------------------------------------------------------

build bin/plain -Wl,--build-id=none
record plain.heap bin/plain
sed -i 's|bin/plain|bin/shop|' plain.heap && cp -p bin/plain bin/shop
found 'no build-id' plain.heap
touch -d '1 hour' bin/shop # a program that was built again
nothing plain.heap 'shop: .* changed since'
mv bin/shop flat/shop # somebody says that it is the one
found '\(search, no build-id' plain.heap --search flat
touch -d '1 hour ago' flat/shop && cp -p flat/shop bin/shop
sed -i 's|bin/shop$|bin/shop (deleted)|' plain.heap
nothing plain.heap 'shop: is another file'
found '\(search, no build-id' plain.heap --search flat
rm bin/shop

# --- a process that lives: its file is deleted, and another one stands there ---------------------

build bin/shop
LEAKTRACK_RATE=1 start bin/shop wait
wait_for 'the program' has out '^ready$'
rm bin/shop
state=$(echo "$STATE_DIR/$pid".*.state)
if [ -r "/proc/$pid/map_files" ] && ls "/proc/$pid/map_files" >/dev/null 2>&1 &&
	head -c 4 "/proc/$pid/exe" >/dev/null 2>&1; then
	found '\(/proc/PID/map_files\)' "$state"
	build bin/shop -DEXTRA=2
	found '\(/proc/PID/map_files\)' "$state"
	build bin/shop
	found '\(/proc/PID/root\)' "$state"
	# The state of a process that is gone, and another one has its PID: not asked.
	sleep 100 &
	started="$! $started"
	cp "$state" reused.state
	python3 - reused.state "$pid" $! <<-'PY' || fail 'no PID in the state'
		import struct, sys
		path, old, new = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
		data = bytearray(open(path, "rb").read())
		if struct.unpack_from("<I", data, 40)[0] != old:
		    sys.exit(1)
		struct.pack_into("<I", data, 40, new)
		open(path, "wb").write(data)
		PY
	found '\(path\)' reused.state
	rm bin/shop
fi
dump 1
go_on
wait "${started##* }"
rm -f bin/shop leaktrack.*.exit.heap
nothing "leaktrack.$pid.1.heap" 'no such file'

# --- a process with another root, as in a container -----------------------------------------------

build bin/shop
mkdir -p jail/bin jail/dev/shm jail/proc && mv bin/shop jail/bin/inside && cp "$LIB" jail/
while read -r library; do
	mkdir -p "jail${library%/*}" && cp "$library" "jail$library"
done < <(ldd jail/bin/inside "$LIB" | grep -o '/[^ ]*\.so[^ ]*' | grep -v ':$' | sort -u)
if [ "$(id -u)" = 0 ] && unshare -m mount --bind /proc jail/proc 2>/dev/null && chroot jail /bin/inside; then
	rm -f in && mkfifo in && : >out
	unshare -m sh -c 'mount --bind /proc jail/proc &&
		LEAKTRACK_RATE=1 LD_PRELOAD=/libleaktrack.so exec chroot jail /bin/inside wait' <in >out 2>err &
	started="$started $!"
	exec 9>in
	wait_for 'the program in its root' has out '^ready$'
	pid=$(sed -n 's/^pid //p' out)
	state=$(compgen -G "jail/dev/shm/leaktrack-*/$pid.*.state") || fail "no state: $(cat err)"
	found '^leaktrack-symbolize: /bin/inside: .*\(/proc/PID/root\)' "$state"
	cp "$state" copied.state # nobody has mapped the copy: nobody can be asked
	nothing copied.state 'inside: no such file'
	found '\(symfs\)' copied.state --symfs jail
	go_on
	wait "${started##* }"
fi

# --- on an overlay, where the user may mount one ------------------------------------------------

mkdir lower upper work merged && build lower/shop
if unshare -rm true 2>/dev/null || [ "$(id -u)" = 0 ]; then
	cat >overlaid <<-'SH'
		mount -t tmpfs none work && mkdir work/upper work/work &&
		mount -t overlay none -o lowerdir=lower,upperdir=work/upper,workdir=work/work merged || exit 77
		LEAKTRACK_RATE=1 LEAKTRACK_DIR=. LD_PRELOAD=$1 merged/shop || exit 1
		mv leaktrack.*.exit.heap overlay.heap
		"$2" --verbose overlay.heap >report 2>report.err
	SH
	unshare -m sh ./overlaid "$LIB" "$SYMBOLIZE" 2>err
	status=$?
	[ $status = 0 ] || [ $status = 77 ] || fail "overlay: $status $(cat err)"
	if [ $status = 0 ]; then
		names inlined "$place"
		told 'merged/shop \(path\)'
		nothing overlay.heap 'no such file'
		found '\(search\)' overlay.heap --search lower
	fi
fi

# --- debug information in files of its own ------------------------------------------------------

build bin/shop
cp bin/shop whole
id=$(readelf -n whole | sed -n 's/.*Build ID: //p')
record link.heap bin/shop
objcopy --only-keep-debug whole shop.debug
objcopy -R .comment --strip-all --add-gnu-debuglink=shop.debug whole bin/shop
report link.heap
names_not keep
for folder in bin bin/.debug; do
	mkdir -p $folder && cp shop.debug $folder/
	found "debug information from .*$folder/shop.debug \(\.gnu_debuglink\)" link.heap
	rm $folder/shop.debug
done
mkdir -p "root/usr/lib/debug$here/bin" "root$here/bin" && cp bin/shop "root$here/bin"
cp shop.debug "root/usr/lib/debug$here/bin/"
found "root/usr/lib/debug.*/shop.debug \(\.gnu_debuglink\)" link.heap --symfs root
mkdir -p "root/usr/lib/debug/.build-id/${id:0:2}"
mv "root/usr/lib/debug$here/bin/shop.debug" "root/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
found 'root/usr/lib/debug/.build-id.* \(build-id\)' link.heap --symfs root
found 'root/usr/lib/debug/.build-id.* \(build-id\)' link.heap --search root/usr/lib/debug
build other -DEXTRA=9
objcopy --only-keep-debug other bin/shop.debug # the name fits, the file does not
report link.heap
names_not keep
rm bin/shop.debug

# The debug file alone, the program gone: one by objcopy does not know where code lay in the program,
# and is smaller than its code.
build big -DBIG && record big.heap ./big
id=$(readelf -n big | sed -n 's/.*Build ID: //p')
mkdir -p "ids/.build-id/${id:0:2}"
only="ids/.build-id/${id:0:2}/${id:2}.debug"
sed -i 's|/big$|/bin/shop|' big.heap
objcopy --only-keep-debug big "$only"
[ "$(stat -c %s "$only")" -lt 200000 ] || fail 'the debug file is not small'
found '\(build-id\)' big.heap --search ids
if command -v eu-strip >/dev/null; then
	rm "$only" && eu-strip -f "$only" -o big.stripped big
	found '\(build-id\)' big.heap --search ids
fi
rm -r ids

# mini-debuginfo: the symbols alone, packed, inside of the program
nm whole | awk '$2 == "t" || $2 == "T" { print $3 }' >functions
objcopy -S --keep-symbols=functions --remove-section .gnu_debuglink shop.debug mini 2>err ||
	fail "mini: $(cat err)"
xz -k mini
objcopy --strip-all --add-section .gnu_debugdata=mini.xz whole bin/shop
by_symbol 'bin/shop .*, mini-debuginfo' link.heap

# --- dwz: two programs' debug information, and what they have in common ----------------------------

sed 's/keep/store/g; s/main(/main(/' shop.c >shop2.c
cp whole one
cc -g -O1 -Wl,--build-id -o two shop2.c || fail cc
mkdir -p common
if dwz -m common/shared.debug -M ../common/shared.debug one two 2>err && [ -s common/shared.debug ]; then
	cp one bin/shop
	found 'supplement .*common/shared.debug \(\.gnu_debugaltlink\)' link.heap
	mkdir moved && mv common/shared.debug moved/
	shared=$(readelf -n moved/shared.debug | sed -n 's/.*Build ID: //p')
	report link.heap # without it some names are missing, none is wrong
	names_not store
	mkdir -p "ids/.build-id/${shared:0:2}"
	cp moved/shared.debug "ids/.build-id/${shared:0:2}/${shared:2}.debug"
	found 'supplement .* \(build-id\)' link.heap --search ids
	# One with another build-id is not read, not even by the library below.
	rm -r ids && cp moved/shared.debug common/
	offset=$(LC_ALL=C grep -abo "$(printf '%b' "\\x${shared:0:2}\\x${shared:2:2}\\x${shared:4:2}")" \
		common/shared.debug | head -n 1 | cut -d: -f1)
	printf '\0\0' | dd of=common/shared.debug bs=1 seek="$offset" conv=notrunc status=none
	report link.heap
	names_not inlined
else
	echo "dwz made no supplement: $(cat err)"
fi
exit 0
