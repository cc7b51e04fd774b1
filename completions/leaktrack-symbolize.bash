# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# bash completion for leaktrack-symbolize

_leaktrack_symbolize() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local options='--base --diff-base --go-heap --go-base -inuse_space -inuse_objects -alloc_space
		-alloc_objects -sample_index --normalize --top --tree --peek --list --traces --folded --json --speedscope --dot
		--callgrind --raw --html --pprof --by --cum --flat --focus --ignore --hide --show --show-from
		--tagfocus --tagignore --noinlines --all-frames --nodecount
		--stacks --nodefraction --edgefraction --unit --tsv --symfs --search --verbose --version --help'

	case $before in
	--by) mapfile -t COMPREPLY < <(compgen -W 'function filefunction line address file module size' -- "$word") ;;
	-sample_index) mapfile -t COMPREPLY < <(compgen -W 'inuse_space inuse_objects alloc_space alloc_objects' -- "$word") ;;
	--unit) mapfile -t COMPREPLY < <(compgen -W 'B kB MB GB TB PB auto' -- "$word") ;;
	--symfs | --search) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
	--peek | --list | --focus | --ignore | --hide | --show | --show-from | --tagfocus | --tagignore | --edgefraction | --nodecount | --stacks | --nodefraction)
		COMPREPLY=()
		;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
		fi
		;;
	esac
}
complete -o filenames -F _leaktrack_symbolize leaktrack-symbolize
