# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# bash completion for leaktrack

_leaktrack_pids() {
	leaktrack list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_leaktrack() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'run list dump top --help --version' -- "$word")
		return
	fi
	case ${COMP_WORDS[1]}:$before in
	run:--dir) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
	run:--exit) mapfile -t COMPREPLY < <(compgen -W 'first all none' -- "$word") ;;
	run:--keeper) mapfile -t COMPREPLY < <(compgen -W 'go always never' -- "$word") ;;
	run:--signal) mapfile -t COMPREPLY < <(compgen -W 'USR1 USR2 none' -- "$word") ;;
	run:--rate | run:--memory | run:--depth) COMPREPLY=() ;;
	run:*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W \
				'--rate --signal --dir --exit --keeper --memory --depth' -- "$word")
		else
			mapfile -t COMPREPLY < <(compgen -c -f -- "$word")
		fi
		;;
	dump:* | top:*) mapfile -t COMPREPLY < <(compgen -W "$(_leaktrack_pids)" -- "$word") ;;
	*) COMPREPLY=() ;;
	esac
}
complete -F _leaktrack leaktrack
