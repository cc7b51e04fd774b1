#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves: each option that the tool takes is told by --help and the man page, and completed in bash,
# zsh and fish; --help tells of none that is not taken; bash completion completes.
# Fails when: an option is added in one place only.
. "$(dirname "$0")/common.bash"

taken=$(sed -n '/struct option options\[\]/,/^};/s/^\t{"\([a-z_-]*\)".*/\1/p' "$TOP/tools/args.c")
[ -n "$taken" ] || fail 'no options in args.c'
"$SYMBOLIZE" --help >help || fail '--help'
sed 's/\\-/-/g; s/\\f.//g' "$TOP/man/leaktrack-symbolize.1" >manual
for option in $taken; do
	[ "$option" != diff_base ] || continue # pprof's spelling of diff-base
	for file in help manual "$TOP"/completions/*leaktrack-symbolize*; do
		has "$file" "(^|[^a-z])(--?$option|-[lo] $option)([^a-z_-]|\$)" ||
			fail "$(basename "$file") does not tell of --$option"
	done
done
for word in $(grep -oE '(^|[ ])--[a-z][a-z-]*' help | tr -d ' '); do
	grep -qx -- "${word#--}" <<<"$taken" || fail "--help tells of $word, which is not taken"
done

# As a shell asks for it: the words that are offered for what was typed.
offered() { # SHELL TEXT
	case $1 in
	bash)
		# shellcheck disable=SC2016 # of the bash inside
		bash -c '. "$1" && COMP_LINE=$2 COMP_POINT=${#2} && read -ra COMP_WORDS <<<"$2"
			[[ $2 != *" " ]] || COMP_WORDS+=("")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_leaktrack_symbolize && printf "%s\n" "${COMPREPLY[@]}"' \
			bash "$TOP/completions/leaktrack-symbolize.bash" "$2"
		;;
	fish)
		# shellcheck disable=SC2016 # fish's own
		fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
			"$TOP/completions/leaktrack-symbolize.fish" "$2" | cut -f1
		;;
	zsh)
		python3 - "$TOP/completions" "$2" <<'PY'
import os, pty, re, select, sys, time
folder, text = sys.argv[1:]
pid, fd = pty.fork()
if not pid:
    os.environ.update(TERM='dumb', ZDOTDIR='/nonexistent', COLUMNS='400')
    os.execvp('zsh', ['zsh', '-f', '-i'])
def until(mark, limit=20):
    got, end = '', time.time() + limit
    while mark not in got and time.time() < end:
        if select.select([fd], [], [], 0.2)[0]:
            got += os.read(fd, 65536).decode(errors='replace')
    return got
def say(line): os.write(fd, line.encode())
say("PS1='' PS2=''; fpath=(%s $fpath); autoload -U compinit && compinit -u -D\n" % folder)
say("setopt no_beep no_auto_menu; zstyle ':completion:*' list-prompt ''; LISTMAX=10000\n")
# What would be inserted, not what is shown: compadd is asked to tell its matches.
say("""compadd() { local -a hits; builtin compadd -O hits "$@"; print -rl -- $hits >>words; builtin compadd "$@"; }\n""")
say("print rea''dy\n")
until('ready')
say(text + '\t')
end = time.time() + 20
while time.time() < end and not (os.path.exists('words') and os.path.getsize('words')):
    time.sleep(0.05)
size = -1
while size != os.path.getsize('words') if os.path.exists('words') else False:
    size = os.path.getsize('words')
    time.sleep(0.2)
os.kill(pid, 9)
print(''.join(sorted(set(open('words')))) if os.path.exists('words') else '')
PY
		rm -f words
		;;
	esac
}

touch dump.heap
skipped=
for shell in bash zsh fish; do
	command -v $shell >/dev/null || { skipped="$skipped $shell"; continue; }
	has_word() { # TEXT WORD
		offered $shell "leaktrack-symbolize $1" >words.out 2>words.err
		grep -qxF -- "$2" words.out ||
			fail "$shell offers for '$1': $(head -n 20 words.out words.err)"
	}
	has_word '--by l' line
	has_word '--by fu' function
	has_word '--unit G' GB
	has_word '--vers' --version
	has_word '--go-' --go-base
	has_word '--ra' --raw
	has_word '--base du' dump.heap
	has_word '--cum du' dump.heap
done
[ -z "$skipped" ] || echo "not here:$skipped"
