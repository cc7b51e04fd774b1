#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: names that only symbol tables know, in dumps of real runs: the function that an ifunc chose,
# two versions of one symbol each at its own place, and without its version. Stubs of the PLT in each
# form that linkers make (.plt, .plt.sec with endbr64, .plt.got), in a stripped program and library,
# are called what objdump calls them; a stub is on no stack that the library takes, so those are asked
# for by address.
# Fails when: a kind of symbol is left out, or a stub gets the next one's name.
. "$(dirname "$0")/common.bash"

for need in objdump readelf strip; do
	command -v "$need" >/dev/null || skip "no $need here"
done

cat >many.c <<'C'
#include <stdlib.h>
void *many_kept[64];
static int n;
static void *take(size_t size)
{
	return many_kept[n++ & 63] = malloc(size);
}
static void *slow_one(void)
{
	return take(1001);
}
static void *fast_one(void)
{
	return take(2002);
}
static void *(*choose(void))(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("sse2") ? fast_one : slow_one;
}
void *chosen(void) __attribute__((ifunc("choose")));
void *old_open(void)
{
	return take(3003);
}
void *new_open(void)
{
	return take(4004);
}
__asm__(".symver old_open,many_open@MANY_1");
__asm__(".symver new_open,many_open@@MANY_2");
C
echo 'MANY_1 { global: many_open; local: *; }; MANY_2 { global: many_open; chosen; many_kept; } MANY_1;' >map
cat >user.c <<'C'
#include <stdio.h>
#include <stdlib.h>
void *chosen(void), *many_open(void), *former(void);
__asm__(".symver former,many_open@MANY_1");
int main(void)
{
	void (*volatile out)(void *) = free; /* called and pointed to: .plt.got */
	void *p = malloc(5005);

	free(p);
	out(NULL);
	printf("%d\n", chosen() && many_open() && former());
	return 0;
}
C
library() { # OPTION... - every function is its own: no call is made a jump
	cc -O1 -fno-optimize-sibling-calls -fno-inline -shared -fPIC -Wl,--version-script=map "$@" \
		-o libmany.so many.c || fail "cc $*"
}
program() { # OPTION...
	cc -O1 "$@" -o user user.c ./libmany.so || fail "cc $*"
}
run() {
	rm -f leaktrack.*.heap
	LEAKTRACK_RATE=1 LEAKTRACK_DIR=. LD_PRELOAD=$LIB ./user >out 2>err || fail "$(cat err)"
	mv leaktrack.*.exit.heap dump.heap || fail 'no dump'
	"$SYMBOLIZE" --folded --all-frames --nodecount 0 --nodefraction 0 -alloc_space dump.heap >folded ||
		fail folded
	! grep -q '@' folded || fail "a version is shown: $(cat folded)"
}
stack() { # FRAMES SIZE - from main on
	grep -q ";main;$1 $2\$" folded || fail "no stack main;$1 of $2 bytes: $(cat folded)"
}

library -g && program -g && run
stack 'fast_one;take' 2002
stack 'old_open;take' 3003
stack 'new_open;take' 4004
# Symbols alone: the two versions are one name, that which programs call, at two places.
strip -g libmany.so
run
stack 'fast_one;take' 2002
stack 'many_open;take' 7007
# Only what others may call is left: what a dynamic symbol does not cover has no name.
strip libmany.so
run
stack 'many_open;\[libmany.so\]' 7007
stack '\[libmany.so\];\[libmany.so\]' 2002

asked() { # FILE ADDRESS... - one stack each; the names, in their order
	local file=$1 address n=0
	shift
	{
		echo "heap profile: $#: $# [ $#: $#] @ heap_v2/1"
		for address; do
			n=$((n + 1))
			echo "  1: $n [ 1: $n] @ 0x$(printf '%x' $((16#$address + 1)))"
		done
		echo MAPPED_LIBRARIES:
		readelf -lW "$file" | awk '$1 == "LOAD" && / R E /' | while read -r _ offset vaddr _ size _; do
			printf '%x-%x r-xp %08x 00:00 0   %s\n' $((vaddr)) $((vaddr + size)) $((offset)) "$PWD/$file"
		done
		echo '# end'
	} >stubs.heap
	"$SYMBOLIZE" --json --all-frames stubs.heap >stubs.json 2>err || fail "$(cat err)"
	python3 - <<-'PY'
		import json
		all = json.load(open("stubs.json"))
		for s in sorted(all["stacks"], key=lambda s: s["size"]):
		    print(all["functions"][s["frames"][0]["function"]]["name"])
		PY
}

stubs() { # FILE SECTION - at the start and in the middle of each stub
	local addresses=() names=() address name
	while read -r address name; do
		name=${name#<} && name=${name%>:}
		addresses+=("$address" "$(printf '%x' $((16#$address + 5)))")
		names+=("${name%%@*}@plt" "${name%%@*}@plt")
	done < <(objdump -d -j "$2" "$1" | grep -E '^[0-9a-f]+ <.*@plt>:')
	[ ${#names[@]} -gt 0 ] || fail "objdump knows no stubs in $2 of $1"
	printf '%s\n' "${names[@]}" >wanted
	asked "$1" "${addresses[@]}" >got
	diff wanted got >difference || fail "$1 $2: $(cat difference)"
}

command -v python3 >/dev/null || skip 'no python3 here: stubs were left out'
library
program -Wl,-z,lazy && strip user
stubs user .plt
program -Wl,-z,lazy -fcf-protection=full -Wl,-z,ibtplt && strip user
stubs user .plt.sec
program -Wl,-z,now -no-pie && strip user
stubs user .plt
program -Wl,-z,now && strip user
stubs user .plt.got
strip libmany.so
stubs libmany.so .plt
exit 0
