# SPDX-License-Identifier: Apache-2.0
#
# One non-recursive Makefile. Nothing is written outside $(BUILD); another variant is another
# BUILD: `make SAN=thread` builds the tool and the unit tests in build/thread. Sources stand in
# the order that data travels: a file calls only files further down its list.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

SAN ?=
BUILD ?= build$(if $(SAN),/$(SAN))
V ?= 0
Q := $(if $(filter 0,$(V)),@)
say = @$(if $(filter 0,$(V)),printf '  %-7s %s\n' $(1) $(2),:)

VERSION := $(shell sed -n 's/^.define LEAKTRACK_VERSION "\(.*\)"/\1/p' include/leaktrack.h)
DESTDIR ?=
prefix ?= /usr/local
bindir ?= $(prefix)/bin
includedir ?= $(prefix)/include
libdir ?= $(prefix)/lib
mandir ?= $(prefix)/share/man
bashdir ?= $(prefix)/share/bash-completion/completions
zshdir ?= $(prefix)/share/zsh/site-functions
fishdir ?= $(prefix)/share/fish/vendor_completions.d
pkgconfigdir ?= $(libdir)/pkgconfig

LIB_SRC := $(addprefix lib/,\
	start.c api.c keeper.c hire.c thread_start.c shim.c sampler.c sandbox.c confine.c sigchain.c resume.c rest.c trigger.c dump.c heap_v2.c \
	ready.c guard.c scratch.c unwind.c step.c made.c spans.c dlclose.c rules.c rules_cfi.c cfi.c ehframe.c \
	rules_code.c insn.c insn_form.c gotext.c rule.c modules_seen.c modules_watch.c modules.c stacks.c index.c live.c \
	failure.c state.c place.c config.c program.c real.c next.c \
	filter.c poisson.c say.c fmt.c borrow.c sys.c thread.c memory.c)
COMMAND_SRC := $(addprefix tools/,leaktrack.c ask.c launch.c watched.c)
SYMBOLIZE_SRC := $(addprefix tools/,\
	symbolize.c read.c read_heap.c read_state.c read_pprof.c label.c plain.c name.c \
	name_answers.c name_gofind.c name_gopclntab.c name_goprobe.c name_gorecord.c name_dwarf.c name_package.c \
	name_scopes.c name_spans.c name_symbols.c name_jit.c demangle.c elfs_debug.c elfs.c elfs_remote.c elfs_vdso.c \
	elf_unpack.c elf_image.c diff.c write_top.c \
	write_blocks.c write_tree.c write_traces.c write_list.c source.c write_pprof.c \
	write_folded.c write_raw.c write_json.c write_graph.c write_html.c rows.c tree.c view.c kind.c \
	write.c estimate.c pattern.c term.c json.c profile.c finder.c args.c units.c \
	progress.c alive.c msg.c err.c mem.c)

ifeq ($(origin CC),default)
CC := gcc
endif
PROTOC_C ?= protoc-c
CFLAGS ?= -O2 -g
WERROR ?= $(if $(CI),1)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wwrite-strings $(if $(filter 1,$(WERROR)),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer $(if $(filter thread,$(SAN)),-Wno-tsan))
ALL_CPPFLAGS := -D_GNU_SOURCE= -Iinclude -I. $(CPPFLAGS)
ALL_CFLAGS := -std=gnu17 $(WARN) $(CFLAGS) $(SANFLAGS)

# The library: gcc would turn malloc + memset in our calloc into a call of itself, hence
# -fno-builtin; TLS by the initial-exec model is one instruction; nothing may be bound lazily
# inside malloc.
NO_BUILTIN := $(addprefix -fno-builtin-,malloc calloc realloc reallocarray free memalign \
	aligned_alloc posix_memalign valloc pvalloc)
LIB_CFLAGS := -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt $(NO_BUILTIN) \
	-Wframe-larger-than=2048
LIB_MAP := lib/leaktrack.map
LIB_SCRIPT := lib/leaktrack.ld
# What every program that is started pays for: two segments, not four and RELRO, which protects
# little where the table of real functions must be writable anyway; no start files, whose symbols
# are looked up in all libraries and never found.
LIB_LDFLAGS := -shared -nostartfiles -Wl,-soname,libleaktrack.so -Wl,-z,defs -Wl,-z,now \
	-Wl,-z,norelro -Wl,-z,noseparate-code -Wl,-z,nodelete -Wl,-e,keeper_entry -Wl,--as-needed \
	-Wl,--sort-section=name $(LIB_MAP:%=-Wl,--version-script=%) $(LIB_SCRIPT:%=-Wl,-T,%)
TOOL_CPPFLAGS := -I$(BUILD)/gen
TOOL_LIBS := -ldw -lelf -lz -llzma -lzstd -lprotobuf-c -liberty -lm

LIB := $(BUILD)/libleaktrack.so
SYMBOLIZE := $(BUILD)/leaktrack-symbolize
COMMAND := $(BUILD)/leaktrack
PC := $(BUILD)/leaktrack.pc
PROTO_H := $(BUILD)/gen/profile.pb-c.h
PROTO_O := $(BUILD)/gen/profile.pb-c.o

# A fault brings the 64 KiB around it in: what start, end and malloc need lies in the first of them,
# behind the constants (lib/leaktrack.ld), and what only samples and dumps need is linked last.
LIB_FAR := $(addprefix lib/,keeper.c hire.c dump.c heap_v2.c resume.c rest.c place.c modules_seen.c gotext.c \
	rules_cfi.c cfi.c ehframe.c rules_code.c insn.c insn_form.c)
LIB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(LIB_FAR),$(LIB_SRC)) $(LIB_FAR))
SYMBOLIZE_OBJ := $(SYMBOLIZE_SRC:%.c=$(BUILD)/%.o) $(PROTO_O)
# The command reads state files as the other tool does, and settings as the library does.
COMMAND_OBJ := $(COMMAND_SRC:%.c=$(BUILD)/%.o) $(PROTO_O) \
	$(addprefix $(BUILD)/,$(addprefix lib/,config.o program.o say.o fmt.o sys.o) \
	$(addprefix tools/,read.o read_heap.o read_state.o read_pprof.o estimate.o profile.o finder.o \
	units.o progress.o msg.o err.o mem.o))

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
RACE_SRC := $(wildcard tests/race/race_*.c)
RACE := $(RACE_SRC:tests/race/%.c=$(BUILD)/race/%)
PROG_C := $(patsubst tests/prog/%.c,$(BUILD)/prog/%,$(wildcard tests/prog/e2e_*.c))
# Go programs, each in the four ways that they are shipped
PROG_GO := $(foreach p,$(patsubst tests/prog/%.go,$(BUILD)/prog/%,$(wildcard tests/prog/e2e_*.go)),\
	$(p) $(p)-stripped $(p)-pie $(p)-pie-stripped)
BENCH := $(patsubst bench/%.c,$(BUILD)/bench/%,$(filter-out bench/passthrough.c,\
	$(wildcard bench/*.c)))
GO ?= go

# A sanitized library cannot be preloaded into strangers: SAN builds the tool and the unit tests.
.PHONY: all
## all: the library, the tools and leaktrack.pc (the default)
all: $(if $(SAN),unit,$(LIB) $(PC) $(COMMAND)) $(SYMBOLIZE)

.PHONY: sources-lib sources-command sources-symbolize
sources-lib: ; @echo $(LIB_SRC)
sources-command: ; @echo $(COMMAND_SRC)
sources-symbolize: ; @echo $(SYMBOLIZE_SRC)

.PHONY: help
## help: this list
help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' Makefile | sort | \
		while IFS=$$'\t' read -r t d; do printf '  make %-12s %s\n' "$$t" "$$d"; done
	@echo
	@echo 'Variables: V=1 shows commands; BUILD=dir; SAN=address|thread|undefined; CC, CFLAGS,'
	@echo 'WERROR=1; DESTDIR, prefix, bindir, libdir, includedir, mandir; GO; T=name for check.'

# --- what everything hangs on -------------------------------------------------------------------

# `make demo` and `make check` install what they miss before anything is compiled; a plain `make`
# asks for nothing.
DEPS := $(if $(filter check,$(MAKECMDGOALS)),deps,$(if $(filter demo,$(MAKECMDGOALS)),deps-demo))

.PHONY: deps deps-demo
## deps: install the packages that build, demo and tests need (apt-get, root)
deps:
	@scripts/install-deps build demo check
deps-demo:
	@scripts/install-deps build demo

.PHONY: FORCE
FLAGS := $(BUILD)/flags
FLAGS_NOW = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LIB_CFLAGS) $(LIB_LDFLAGS) $(TOOL_LIBS) $(LDFLAGS)
$(FLAGS): FORCE | $(DEPS)
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS_NOW)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_NOW)' >$@

compile = $(CC) $(ALL_CPPFLAGS) $(1) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/lib/%.o: lib/%.c $(FLAGS)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(call compile,$(LIB_CFLAGS))

$(BUILD)/tools/%.o: tools/%.c $(FLAGS) | $(PROTO_H)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(call compile,$(TOOL_CPPFLAGS))

$(BUILD)/gen/%.pb-c.h $(BUILD)/gen/%.pb-c.c &: tools/%.proto | $(DEPS)
	$(call say,PROTOC,$<)
	@mkdir -p $(BUILD)/gen
	$(Q)$(PROTOC_C) --proto_path=tools --c_out=$(BUILD)/gen $<

# tools/page.html, with the files that it names between two '@', as numbers, to be included in an
# array of bytes
PAGE := $(addprefix tools/page,.html .css _model.js _draw.js _table.js _ui.js)
$(BUILD)/gen/page.inc: $(PAGE)
	$(call say,EMBED,$<)
	@mkdir -p $(BUILD)/gen
	$(Q)sed $(foreach f,$(filter-out %.html,$(notdir $^)),-e '/^@$f@$$/{r tools/$f' -e 'd}') $< | \
		od -An -v -tu1 | sed 's/^ *//; s/  */,/g; s/$$/,/' >$@

$(BUILD)/tools/write_html.o: $(BUILD)/gen/page.inc

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(FLAGS)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -I$(BUILD)/gen -std=gnu17 -w $(CFLAGS) $(SANFLAGS) -c -o $@ $<

$(LIB): $(LIB_OBJ) $(LIB_MAP) $(LIB_SCRIPT) $(FLAGS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LIB_LDFLAGS) $(LDFLAGS) -o $@ $(LIB_OBJ)

$(SYMBOLIZE): $(SYMBOLIZE_OBJ) $(FLAGS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $(SYMBOLIZE_OBJ) $(TOOL_LIBS)

$(COMMAND): $(COMMAND_OBJ) $(FLAGS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(COMMAND_OBJ) -Wl,--as-needed $(TOOL_LIBS)

define PC_TEXT
prefix=$(prefix)
libdir=$(libdir)
includedir=$(includedir)

Name: leaktrack
Description: Heap profiler for the C side of cgo programs
Version: $(VERSION)
Libs: -L$${libdir} -lleaktrack
Cflags: -I$${includedir}
endef
export PC_TEXT

$(PC): FORCE
	@mkdir -p $(@D)
	@cmp -s - $@ <<<"$$PC_TEXT" || echo "$$PC_TEXT" >$@

# --- tests --------------------------------------------------------------------------------------

# A unit test names the objects it is linked with: /* objects: lib/stacks.o tests/unit/fake_sys.o */
# Those are built apart, with LEAKTRACK_TEST defined.
$(BUILD)/test/%.o: %.c $(FLAGS) | $(PROTO_H)
	$(call say,CC,"$< (test)")
	@mkdir -p $(@D)
	$(Q)$(call compile,-DLEAKTRACK_TEST -Ilib -Itools $(TOOL_CPPFLAGS) $(filter -f%,$(LIB_CFLAGS)))

# spans.c stands in front of sigaltstack, which TSan calls before it is ready for instrumented code.
$(BUILD)/test/lib/spans.o $(BUILD)/test/tests/unit/fake_next.o: ALL_CFLAGS += $(if $(filter thread,$(SAN)),-fno-sanitize=thread)

objects_of = $(shell awk 'FNR <= 20 && sub(/^\/\* objects: */, "") { sub(/ *\*\/.*/, ""); \
	gsub(/ +/, "|"); n = FILENAME; sub(/.*\//, "", n); sub(/\.c$$/, "", n); print n "|" $$0 }' \
	$(1) /dev/null)
define UNIT_RULE
$(BUILD)/$(1): $(addprefix $(BUILD)/test/,$(filter-out gen/%,$(2))) $(addprefix $(BUILD)/,$(filter gen/%,$(2)))
endef
$(foreach u,$(call objects_of,$(UNIT_SRC)),$(eval $(call UNIT_RULE,unit/$(firstword \
	$(subst |, ,$(u))),$(wordlist 2,99,$(subst |, ,$(u))))))
$(foreach u,$(call objects_of,$(RACE_SRC)),$(eval $(call UNIT_RULE,race/$(firstword \
	$(subst |, ,$(u))),$(wordlist 2,99,$(subst |, ,$(u))))))

$(UNIT) $(RACE): $(BUILD)/%: $(BUILD)/test/tests/%.o $(FLAGS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--as-needed -lcmocka \
		$(TOOL_LIBS) -lm -lpthread

.PHONY: unit
## unit: build the unit tests, and those of tests/race
unit: $(UNIT) $(RACE)

$(PROG_C): $(BUILD)/prog/%: tests/prog/%.c $(FLAGS)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) -std=gnu17 $(WARN) -O1 -g -MMD -MP -MF $@.d -MT $@ -o $@ $(abspath $<) \
		-lpthread -ldl

go_build = CGO_ENABLED=1 GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOPROXY=off $(GO) build
.SECONDEXPANSION:
$(PROG_GO): tests/prog/$$(firstword $$(subst -, ,$$(@F))).go | $(DEPS)
	$(call say,GO,$@)
	@mkdir -p $(@D)
	$(Q)$(go_build) $(if $(findstring -stripped,$(@F)),-ldflags='-s -w') \
		$(if $(findstring -pie,$(@F)),-buildmode=pie) -o $@ $<

$(BUILD)/prog/cgo-leak: $(wildcard examples/cgo-leak/*) | $(DEPS)
	$(call say,GO,examples/cgo-leak)
	@mkdir -p $(@D)
	$(Q)cd examples/cgo-leak && $(go_build) -o $(abspath $@) .

$(BENCH): $(BUILD)/bench/%: bench/%.c $(FLAGS)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) -std=gnu17 $(WARN) -O2 -g -o $@ $< -ldl -lpthread

# Fuzzers for the readers: clang's libFuzzer, each with the objects that it names.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)
FUZZ_FLAGS := -g -O1 -fsanitize=address,undefined,fuzzer-no-link
$(BUILD)/fuzz/%.o: %.c $(FLAGS) | $(PROTO_H)
	$(call say,CC,"$< (fuzz)")
	@mkdir -p $(@D)
	$(Q)clang $(ALL_CPPFLAGS) -DLEAKTRACK_TEST -Ilib -Itools $(TOOL_CPPFLAGS) -std=gnu17 $(WARN) \
		$(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

define FUZZ_RULE
$(BUILD)/fuzz/$(1): $(addprefix $(BUILD)/fuzz/,$(filter-out gen/%,$(2))) $(addprefix $(BUILD)/,$(filter gen/%,$(2)))
endef
$(foreach u,$(call objects_of,$(FUZZ_SRC)),$(eval $(call FUZZ_RULE,$(firstword $(subst |, ,$(u))),\
	$(wordlist 2,99,$(subst |, ,$(u))))))

$(FUZZ): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o
	$(call say,LINK,$@)
	$(Q)clang -fsanitize=address,undefined,fuzzer -o $@ $(filter %.o,$^) $(TOOL_LIBS)

.PHONY: fuzz
## fuzz: build the fuzzers (clang) into BUILD/fuzz; run one as BUILD/fuzz/fuzz_NAME CORPUS
fuzz: $(FUZZ)

.PHONY: progs
progs: $(PROG_C) $(PROG_GO) $(BUILD)/prog/cgo-leak

.PHONY: demo
## demo: install what is missing, build, and find the leaking Go lines of examples/cgo-leak
demo: all $(BUILD)/prog/cgo-leak
	@BUILD='$(BUILD)' examples/demo

.PHONY: check
## check: install what is missing, then lint and all tests (T=word: only tests whose name has it)
check: all unit progs fuzz $(BENCH)
	@BUILD='$(BUILD)' MAKE='$(MAKE)' tests/run $(T)

.PHONY: check-host
## check-host: the long suite of strange and real programs, bare and preloaded
check-host: all
	@BUILD='$(abspath $(BUILD))' tests/host/run

.PHONY: check-names
## check-names: names of many addresses beside llvm-symbolizer and eu-addr2line; some minutes
check-names: all
	@scripts/install-deps names
	@BUILD='$(abspath $(BUILD))' tests/names/all

.PHONY: check-stacks
## check-stacks: stacks by every Go version, build mode and way to compile C, as two tables (minutes)
check-stacks:
	@scripts/install-deps stacks
	@BUILD='$(BUILD)' tests/probe/matrix

.PHONY: lint
## lint: compilers with -Werror, clang-format, clang-tidy, and the project's own rules
lint: all
	@BUILD='$(BUILD)' MAKE='$(MAKE)' scripts/lint

.PHONY: bench
## bench: what a malloc/free pair, a frame and a name cost; threads, memory, start-up
bench: all $(BENCH) $(BUILD)/prog/cgo-leak
	@BUILD='$(BUILD)' bench/loop.sh
	@for b in threads unwind names figures; do echo; BUILD='$(BUILD)' bench/$$b.sh; done

.PHONY: bench-programs
## bench-programs: whole programs and scripts beside other tools (QUICK=three: only ours; ROUNDS=n)
bench-programs: all $(BENCH) $(BUILD)/prog/cgo-leak
	@BUILD='$(BUILD)' bench/programs.sh $(ROUNDS)
	@for b in startup instructions; do echo; BUILD='$(BUILD)' bench/$$b.sh; done

.PHONY: bench-readme
## bench-readme: all of these, and their tables written into README.md (ROUNDS=n; a quarter of an hour)
bench-readme: all $(BENCH) $(BUILD)/prog/cgo-leak
	@scripts/install-deps bench
	@BUILD='$(BUILD)' ROUNDS='$(ROUNDS)' bench/readme.sh

-include $(wildcard tests/host/host.mk)

# --- install ------------------------------------------------------------------------------------

MAN1 = $(wildcard man/*.1)
MAN7 = $(wildcard man/*.7)

.PHONY: install uninstall
## install: into prefix (/usr/local), DESTDIR honoured
install: all
	install -d $(addprefix $(DESTDIR),$(bindir) $(libdir) $(includedir) $(pkgconfigdir) \
		$(mandir)/man1 $(mandir)/man7 $(bashdir) $(zshdir) $(fishdir))
	install -m 755 $(LIB) $(DESTDIR)$(libdir)/libleaktrack.so
	install -m 755 $(SYMBOLIZE) $(COMMAND) $(DESTDIR)$(bindir)
	install -m 644 include/leaktrack.h $(DESTDIR)$(includedir)/leaktrack.h
	install -m 644 $(PC) $(DESTDIR)$(pkgconfigdir)/leaktrack.pc
	$(if $(MAN1),install -m 644 $(MAN1) $(DESTDIR)$(mandir)/man1)
	$(if $(MAN7),install -m 644 $(MAN7) $(DESTDIR)$(mandir)/man7)
	for name in leaktrack leaktrack-symbolize; do \
		install -m 644 completions/$$name.bash $(DESTDIR)$(bashdir)/$$name && \
		install -m 644 completions/_$$name $(DESTDIR)$(zshdir)/_$$name && \
		install -m 644 completions/$$name.fish $(DESTDIR)$(fishdir)/$$name.fish || exit; \
	done

## uninstall: remove what install put there
uninstall:
	rm -f $(DESTDIR)$(libdir)/libleaktrack.so $(addprefix $(DESTDIR)$(bindir)/,leaktrack leaktrack-symbolize) \
		$(DESTDIR)$(includedir)/leaktrack.h $(DESTDIR)$(pkgconfigdir)/leaktrack.pc \
		$(patsubst man/%,$(DESTDIR)$(mandir)/man1/%,$(MAN1)) \
		$(patsubst man/%,$(DESTDIR)$(mandir)/man7/%,$(MAN7)) \
		$(foreach n,leaktrack leaktrack-symbolize,$(DESTDIR)$(bashdir)/$n \
		$(DESTDIR)$(zshdir)/_$n $(DESTDIR)$(fishdir)/$n.fish)

.PHONY: clean
## clean: remove BUILD
clean:
	rm -rf $(BUILD)

-include $(shell find $(addprefix $(BUILD)/,lib tools test fuzz prog) -name '*.d' 2>/dev/null)
