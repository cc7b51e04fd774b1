#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sig_shell.sh - traps for USR2 in sh and bash, from itself and from a child; nohup-like ignoring
# host: usr2 "mask=line \\d+: +\\d+"
for shell in sh bash; do
	command -v $shell >/dev/null || continue
	$shell -c '
	n=0
	trap "n=\$((n + 1))" USR2
	for i in 1 2 3 4 5; do kill -USR2 $$; done
	for i in 1 2 3 4 5; do (kill -USR2 $$); done
	for i in 1 2 3; do sh -c "kill -USR2 $$"; done
	echo "trapped $n"
	trap "" USR2
	kill -USR2 $$
	sh -c "kill -USR2 \$\$; echo ignored over exec"
	trap - USR2
	sh -c "kill -USR2 \$\$; echo never"
	echo "status $?"
	kill -USR2 $$
	echo never'
	echo "status $?"
done
timeout --foreground -s USR2 0.2 sh -c 'trap "echo asked to end; exit 7" USR2; while :; do sleep 0.05; done'
echo "status $?"
