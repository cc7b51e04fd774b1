#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# startup.sh [ROUNDS] - what scripts that start many short programs cost: user + system time against
# bare, medians of paired ratios. At most 1.10 for ours. As a Markdown table.

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=bench/contenders.bash
. bench/contenders.bash
rounds=${1:-15}
contenders "${QUICK:-all}"
cd "$work" || exit 1

cat >loop.sh <<'END'
i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i + 1)); done
END
cat >subprocess.py <<'END'
import subprocess
for i in range(60):
    subprocess.run(["/bin/true"])
END
# As autoconf writes them: many short programs, a compiler now and then.
cat >configure <<'END'
rm -rf conf.dir && mkdir conf.dir && cd conf.dir || exit 1
as_echo() { echo "$*" >>config.log; }
for header in stdio stdlib string unistd inttypes stdint sys/types sys/stat; do
	as_name=$(echo "HAVE_$header.h" | sed 'y/abcdefghijklmnopqrstuvwxyz\/./ABCDEFGHIJKLMNOPQRSTUVWXYZ__/')
	printf '#include <%s.h>\nint main(void) { return 0; }\n' $header >conftest.c
	cat conftest.c >>config.log
	if gcc -E conftest.c >conftest.i 2>conftest.err; then
		grep -v '^ *+' conftest.err >conftest.er1
		echo "#define $as_name 1" >>confdefs.h
	fi
	rm -f conftest.*
	n=$(expr "${n:-0}" + 1)
	test -d "$(dirname "/usr/include/$header.h")" && as_echo "$(basename $header)"
done
for tool in gcc ar ranlib sed grep awk install mkdir; do
	path=$(command -v $tool) || continue
	case $(uname -m) in x86_64) ;; *) as_echo other ;; esac
	echo "s,@$tool@,$path,g" >>subs.sed
	awk 'END { print NR }' subs.sed >/dev/null
	sort -u subs.sed | sed -n 1p >/dev/null
done
printf '@gcc@ @ar@ @sed@\n' >Makefile.in
sed -f subs.sed Makefile.in >Makefile
cat config.log | tr a-z A-Z | head -n 3
END

printf '| script | bare |'
for i in "${!names[@]}"; do [ "$i" = 0 ] || printf ' %s |' "${names[i]}"; done
printf '\n|---|---|'
for i in "${!names[@]}"; do [ "$i" = 0 ] || printf -- '---|'; done
echo
row() { # name, command...
	local name=$1
	shift
	take_turns "$rounds" "$@" >turns </dev/null
	summary 0 <turns | awk -v name="$name" '
		NR == 1 { printf "| %s | %.0f ms |", name, $4; next }
		{ printf $3 ? " %.3f |" : " differs |", $1 }
		END { print "" }'
}
row 'sh: 500 times /bin/true' sh loop.sh
row 'bash: the same' bash loop.sh
row 'find -exec grep, 60 files' find "$OLDPWD/lib" -name '*.c' -exec grep -c static '{}' ';'
row 'a configure script' sh configure
row 'python3: 60 times subprocess.run' "$python" subprocess.py
