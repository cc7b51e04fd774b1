#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# programs.sh [ROUNDS] - what whole programs cost under each contender that is installed
#
# User + system time and the largest resident set, of the program and all that it starts, in turns
# (A B C … A B C …); each cell is the median over the rounds of the ratio to the bare run of the
# same round. QUICK=three: only bare, the pass-through and ours. As a Markdown table.

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=bench/contenders.bash
. bench/contenders.bash
rounds=${1:-5}
contenders "${QUICK:-all}"
top=$PWD
in=$work/in
mkdir "$in"

prepare() {
	cd "$in" || exit 1
	awk 'BEGIN {
		print "create table t(a integer primary key, b text, c real); begin;"
		for (i = 0; i < 40000; i++) printf "insert into t values(%d, \"row %d\", %f);\n", i, i * 7919 % 40000, i / 7
		print "commit; create index tb on t(b);"
		print "select count(*), sum(length(b)) from t where b like \"%77%\";"
		print "select a.b, count(*) from t a join t b on a.b = b.b group by a.b order by 2, 1 limit 5;"
	}' >script.sql
	awk 'BEGIN { srand(7); for (i = 0; i < 150000; i++) printf "%d line %d of %x\n", rand() * 1e9, i, rand() * 1e6 }' >lines
	cat >work.py <<-END
		import json, re, collections
		rows = [{"id": i, "name": "row %d" % i, "tags": [str(j) for j in range(i % 7)]} for i in range(20000)]
		back = json.loads(json.dumps(rows))
		words = collections.Counter(w for r in back for w in re.findall(r"\w+", r["name"]))
		print(len(words), sum(len(r["tags"]) for r in back))
	END
	cat >work.pl <<-'END'
		my %h; open F, "lines"; while (<F>) { my @w = split; $h{$_}++ for @w; } print scalar(keys %h), "\n";
	END
	cat >work.js <<-'END'
		let m = new Map(); for (let i = 0; i < 200000; i++) m.set("k" + (i % 5000), {i, s: "x".repeat(i % 50)});
		console.log(JSON.stringify([...m]).length, Buffer.alloc(1 << 20).length);
	END
	cat >work.rb <<-'END'
		h = Hash.new(0); File.foreach("lines") { |l| l.split.each { |w| h[w] += 1 } }; puts h.size
	END
	gcc -E -I"$top/lib" -I"$top" -I"$top/include" -D_GNU_SOURCE "$top/lib/unwind.c" -o unwind.i
	git -c init.defaultBranch=main init -q repo && cp "$top"/lib/*.c repo &&
		git -C repo add . && git -C repo -c user.name=a -c user.email=a@b commit -qm 1
	cat >redis.sh <<-END
		redis-server --port 0 --unixsocket $in/r.sock --save '' --dir $in >/dev/null & server=\$!
		i=0; until redis-cli -s $in/r.sock ping >/dev/null 2>&1; do i=\$((i + 1)); [ \$i -lt 500 ] || exit 1; done
		redis-benchmark -s $in/r.sock -n 20000 -q -t set,get,lpush; redis-cli -s $in/r.sock shutdown nosave
		wait \$server
	END
	cp "$top/tests/host/go_sqlite.go" .
	CGO_ENABLED=1 GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-buildvcs=false go build -o go_sqlite go_sqlite.go 2>/dev/null
}

# shellcheck disable=SC2016 # for later
table='sqlite3|sqlite3 :memory: ".read script.sql"
python3|$python work.py
python3, PYTHONMALLOC=malloc|env PYTHONMALLOC=malloc $python work.py
perl|perl work.pl
ruby|ruby work.rb
node|node work.js
awk|awk "{ n[\$3]++; m[\$1]=\$0 } END { print length(m) }" lines
sort|sort lines
xz|xz -1 -T1 -k -c lines
gcc -O2 -c|gcc -O2 -c unwind.i -o unwind.o
clang -O1 -c|clang -O1 -c unwind.i -o unwind2.o
git grep, blame|sh -c "git -C repo grep -c static; git -C repo blame insn.c | tail -1; git -C repo repack -adfq"
redis, benchmark|sh redis.sh
factor (bench/factor.c)|@/bench/factor 998244359987710471
cgo: sqlite|./go_sqlite
cgo: a small server|@/prog/cgo-leak -requests 1500'

(prepare) || exit 1
cd "$in" || exit 1
printf '| program | bare: cpu, RSS |'
for i in "${!names[@]}"; do [ "$i" = 0 ] || printf ' %s |' "${names[i]}"; done
printf ' ours / pass-through |\n|---|---|'
for i in "${!names[@]}"; do printf -- '---|'; done
echo
while IFS='|' read -r name command; do
	command=${command//@/$BUILD}
	tool=${command%% *}
	case $tool in env | \$python) tool=$python ;; esac
	[[ $name != redis* ]] || tool=redis-server
	command -v "$tool" >/dev/null || {
		echo "Left out: $name, no $tool here" >&2
		continue
	}
	eval "take_turns $rounds $command" >"$work/turns" </dev/null
	paste -d' ' <(summary 0 <"$work/turns") <(summary 1 <"$work/turns" | cut -d' ' -f1) |
		awk -v name="$name" '
			NR == 1 { printf "| %s | %.0f ms, %.0f MB |", name, $4, $5; next }
			{ printf $3 ? " %.3f (%.2f) |" : " differs |", $1, $2 }
			NR == 3 { ours = $6 }
			END { printf " %.3f |\n", ours }' | tee -a "$work/rows"
done <<<"$table"
awk -F'|' '{
		for (c = 4; c < NF; c++) if ($c + 0 > 0) { sum[c] += log($c); n[c]++; if ($c + 0 > most[c]) most[c] = $c + 0 }
		last = NF
	} END {
		printf "| **geometric mean** | |"; for (c = 4; c < last; c++) printf " **%.3f** |", exp(sum[c] / n[c])
		printf "\n| worst | |"; for (c = 4; c < last; c++) printf " %.2f |", most[c]
		print ""
	}' "$work/rows"
