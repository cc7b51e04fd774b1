#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: names, files, lines and inlined calls are right in every form that compilers and linkers
# give them: DWARF 2 to 5 by gcc and clang, of 64 bits, split into .dwo files or a .dwp, compressed,
# by link-time optimization, in sections a function or a block each, in PIE and fixed programs, of C++
# and Rust (both kinds of names), each beside llvm-symbolizer's answer.
# Fails when: a form is not read, or read otherwise.
. "$(dirname "$0")/common.bash"

for need in python3 readelf llvm-symbolizer g++; do
	command -v "$need" >/dev/null || skip "no $need here"
done
export SYMBOLIZE

cat >shapes.cc <<'C'
#include <cstdlib>
#include <map>
#include <string>
#include <vector>
namespace shapes
{
template <typename T> struct box {
	std::vector<T> items;
	void add(T item)
	{
		items.push_back(item);
	}
};
namespace
{
inline int twice(int x)
{
	return std::abs(x) * 2 + rand() % 3;
}
} // namespace
struct shape {
	virtual ~shape() {}
	virtual int area() const
	{
		auto f = [this](int k) { return twice(k + size); };
		return f(3) + f(4);
	}
	int size = 1;
};
__attribute__((noinline)) int sum(const std::map<std::string, int> &all)
{
	int n = 0;
	for (auto &one : all)
		n += twice(one.second);
	return n;
}
} // namespace shapes
int main(int argc, char **argv)
{
	std::map<std::string, int> all;
	shapes::box<shapes::shape *> box;
	for (int i = 0; i < argc; i++)
		all[argv[i]] = i;
	box.add(new shapes::shape);
	return shapes::sum(all) + box.items[0]->area() == 12345;
}
C

same() { # FILE[=DEBUG] [OPTION...]
	"$TOP/tests/names/compare" --tool llvm --count 200 "${@:2}" "$1" >differences ||
		fail "$form: $(cat differences)"
	! grep -q "'same': 0\b" differences || fail "$form: $(cat differences)"
}

# with_lines FILE - so that a form that nobody here can read is not taken for a success
with_lines() {
	local main
	main=$(nm "$1" | awk '$3 == "_ZN6shapes3sumERKSt3mapINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEiSt4lessIS6_ESaISt4pairIKS6_iEEE" { print $1 }')
	[ -n "$main" ] || fail "$form: no symbol of shapes::sum"
	{
		echo 'heap profile: 1: 1 [ 1: 1] @ heap_v2/1'
		echo "  1: 1 [ 1: 1] @ 0x$(printf '%x' $((16#$main + 5)))"
		echo MAPPED_LIBRARIES:
		readelf -lW "$1" | awk '$1 == "LOAD" && / R E /' | while read -r _ offset vaddr _ size _; do
			printf '%x-%x r-xp %08x 00:00 0   %s\n' $((vaddr)) $((vaddr + size)) $((offset)) "$PWD/$1"
		done
		echo '# end'
	} >one.heap
	report --top one.heap
	grep -q 'shapes::sum .*shapes.cc:' report || fail "$form: no line of shapes::sum: $(cat report report.err)"
}

try() { # COMPILER OPTION...
	form="$*"
	rm -rf ./*.dwo ./*.dwp prog
	"$@" -O2 -o prog shapes.cc 2>cc.err || {
		echo "not here: $form: $(head -n 1 cc.err)"
		return 1
	}
	with_lines prog
	same "$PWD/prog"
}

# packed COMMAND... - the .dwo files become prog.dwp; inlined calls are found in it
packed() {
	form="$form, $1"
	command -v "$1" >/dev/null || return
	timeout 30 "$@" -e prog -o prog.dwp 2>cc.err || { echo "not here: $form: $(head -n 1 cc.err)"; return; }
	rm -f ./*.dwo
	same "$PWD/prog"
	PYTHONPATH=$TOP/tests/names PYTHONDONTWRITEBYTECODE=1 python3 - "$PWD/prog" <<-'PY' ||
		import os, sys, ask
		elf = ask.Elf(sys.argv[1], sys.argv[1])
		addresses = elf.sample(300, 1)
		frames = ask.ours(os.environ["SYMBOLIZE"], elf, addresses).values()
		sys.exit(sum(map(len, frames)) < 2 * len(addresses))
	PY
		fail "$form: no inlined calls"
}

for dwarf in 2 4 5; do
	try g++ -gdwarf-$dwarf
done
try g++ -gdwarf-5 -gdwarf64
try g++ -g -flto
try g++ -g -no-pie -ffunction-sections -Wl,--gc-sections
try g++ -g -gz=zlib
try g++ -g -gdwarf-4 -fdebug-types-section
for dwarf in 4 5; do
	try g++ -g -gdwarf-$dwarf -gsplit-dwarf && packed llvm-dwp
done
try g++ -g -gdwarf-4 -gsplit-dwarf && packed dwp
# A short name, which has no room for that of the file that is put in its place.
form='main.dwo, llvm-dwp'
if command -v llvm-dwp >/dev/null && g++ -O2 -g -gdwarf-5 -gsplit-dwarf -c -o main.o shapes.cc && g++ -o prog main.o; then
	packed llvm-dwp
fi
form='packed by zstd'
try g++ -g && objcopy --compress-debug-sections=zstd prog packed 2>/dev/null &&
	same "$PWD/packed=$PWD/prog"
if command -v clang++ >/dev/null; then
	for dwarf in 4 5; do
		try clang++ -gdwarf-$dwarf
		try clang++ -gdwarf-$dwarf -gsplit-dwarf -fuse-ld=lld
	done
	try clang++ -g -flto -fuse-ld=lld
	try clang++ -gline-tables-only
	try clang++ -gdwarf-5 -gdwarf64
	# A section for each block; all addresses in lists.
	try clang++ -g -fbasic-block-sections=all -fuse-ld=lld
	try clang++ -gdwarf-5 -ffunction-sections -mllvm -minimize-addr-in-v5=Ranges
fi

cat >shapes.rs <<'R'
use std::collections::HashMap;
trait Shape {
    fn area(&self) -> usize;
}
struct Square<T>(T);
impl<T: Into<usize> + Copy> Shape for Square<T> {
    fn area(&self) -> usize {
        let side: usize = self.0.into();
        (0..side).map(|x| x * 2 + 1).sum()
    }
}
#[inline(never)]
fn total(all: &HashMap<String, Box<dyn Shape>>) -> usize {
    all.iter().map(|(name, shape)| name.len() + shape.area()).sum()
}
fn main() {
    let mut all: HashMap<String, Box<dyn Shape>> = HashMap::new();
    for (i, name) in std::env::args().enumerate() {
        all.insert(name, Box::new(Square(i as u8)));
    }
    std::process::exit(total(&all) as i32 & 1);
}
R
rustc=$(command -v rustc "$HOME/.cargo/bin/rustc" | head -n 1)
if [ -n "$rustc" ]; then
	for names in legacy v0; do
		form="rustc $names"
		RUSTC_BOOTSTRAP=1 "$rustc" -Z unstable-options -C symbol-mangling-version=$names \
			-g -C opt-level=2 -o prog shapes.rs 2>cc.err || continue
		same "$PWD/prog"
	done
fi
exit 0
