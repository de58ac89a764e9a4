# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make               the tool and the workloads, in build/
# make demo          installs what is missing, builds, traces the bundled programs (as root)
# make test          installs what is missing, builds, runs all tests (as root)
# make test-unit     the tests that need no root
# make test-live     the tests against live programs (as root)
# make fuzz          hostile input for every reader of files, FUZZ_SECONDS each
# make test-kernels  the live tests in Debian's kernels under QEMU: KERNELS="6.1 6.12-rt ...", SHORT=1
# make bench         what tracing costs, beside the tools of others (as root): BENCH="OPTION ..."
# make classify      does it name the I/O model of labelled programs (as root): CLASSIFY="OPTION ..."
# make lint          looks through every source file
# make format        clang-format for all of them
# make install       PREFIX=/usr/local DESTDIR=; make uninstall takes them too
# make clean
#
# V=1 shows the commands, BUILD=DIRECTORY builds elsewhere.

BUILD  ?= build
PREFIX ?= /usr/local
CC     ?= gcc
CLANG  ?= clang

Q   = $(if $(filter-out 0,$(V)),,@)
say = $(if $(Q),@printf '  %-6s %s\n' $(1) $(2))

# For recipes that take root: stops them before they begin. $(1) says why, and what to type.
as_root = $(if $(filter-out 0,$(shell id -u)),$(error $(1)))

# For makes within a recipe: all processors, unless this make was told a number of jobs itself.
JOBS = --no-print-directory $(if $(filter -j% --jobserver%,$(MFLAGS)),,-j$(shell nproc))

WARNINGS = -Wall -Wextra -Werror -Wno-missing-field-initializers
CFLAGS  ?= -O2 -g
CPPFLAGS += -I. -Iuser -I$(BUILD)/bpf -I$(BUILD)/proto -I$(BUILD)/html
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(CPPFLAGS) $(CFLAGS)
SANITIZE = -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
PURE_LIBS = -ljson-c -lprotobuf-c -lsqlite3 -lelf -liberty -lz -lm
LIBS = -lbpf $(PURE_LIBS)

BPF_SOURCES := $(wildcard bpf/*.c bpf/*.h)
PURE    := $(wildcard user/model/*.c user/names/*.c user/render/*.c user/judge/*.c)
FILES   := $(wildcard user/recording/*.c)
LIVE    := $(wildcard user/collect/*.c user/commands/*.c) user/main.c
SOURCES := $(PURE) $(FILES) $(LIVE)
# messages of other formats: their code is made of user/render/NAME.proto
PROTOS  := $(basename $(notdir $(wildcard user/render/*.proto)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(PROTOS:%=$(BUILD)/obj/proto/%.pb-c.o)
CHECKED := $(SOURCES:%.c=$(BUILD)/asan/%.o) $(PROTOS:%=$(BUILD)/asan/proto/%.pb-c.o)

WORKLOADS := $(basename $(notdir $(wildcard workloads/*.c)))
WORKLOAD_LIB := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard workloads/lib/*.c))
WORKLOAD_ARCHIVE := $(BUILD)/obj/workloads/lib.a
UNIT_TESTS := $(basename $(notdir $(wildcard tests/unit/test_*.c)))
LIVE_TESTS := $(basename $(notdir $(wildcard tests/live/test_*.c)))
LIVE_LIB   := $(wildcard tests/live/lib/*.c)
FUZZERS    := $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))

.PHONY: all help demo test test-unit test-live test-kernels fuzz fuzz-programs bench classify lint format install \
	uninstall clean programs checked generated test-programs unit-programs live-programs

all: programs

# (":" is for nothing to be said where nothing is to be done.)
programs: $(BUILD)/waitscope $(WORKLOADS:%=$(BUILD)/workloads/%)
	@:

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

# --- the kernel side ---------------------------------------------------------------------------

$(BUILD)/bpf/waitscope.bpf.o: $(BPF_SOURCES)
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -target bpf -mcpu=v3 \
		-D__TARGET_ARCH_x86 -I/usr/include/$(shell $(CC) -print-multiarch) -Ibpf \
		-c bpf/waitscope.bpf.c -o $@

$(BUILD)/bpf/waitscope.skel.h: $(BUILD)/bpf/waitscope.bpf.o
	$(call say,SKEL,$@)
	$(Q)PATH=$$PATH:/usr/sbin bpftool gen skeleton $< name waitscope_bpf > $@.new && mv $@.new $@

# --- user space --------------------------------------------------------------------------------

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(if $(filter workloads/%,$<),-Iworkloads/lib) -MMD -MP -c $< -o $@

$(BUILD)/asan/%.o: %.c
	$(call say,ASAN,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -O1 $(SANITIZE) -MMD -MP -c $< -o $@

$(BUILD)/proto/%.pb-c.c: user/render/%.proto
	$(call say,PROTO,$<)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(<D) --c_out=$(@D) $<

$(BUILD)/proto/%.pb-c.h: $(BUILD)/proto/%.pb-c.c
	@:

$(BUILD)/obj/proto/%.o: $(BUILD)/proto/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/asan/proto/%.o: $(BUILD)/proto/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -O1 $(SANITIZE) -MMD -MP -c $< -o $@

$(BUILD)/fuzz/obj/proto/%.o: $(BUILD)/proto/%.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(ALL_CFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link $(SANITIZE) -MMD -MP -c $< -o $@

# The page of --html: what a browser gets, as arrays of bytes.
$(BUILD)/html/html_page.inc: $(wildcard user/render/html/*)
	$(call say,HTML,$@)
	@mkdir -p $(@D)
	$(Q)user/render/html/assemble.sh >$@.new && mv $@.new $@

# The same as below, of the headers that come with it.
GENERATED := $(PROTOS:%=$(BUILD)/proto/%.pb-c.c) $(BUILD)/html/html_page.inc
RENDER := $(patsubst %.c,%.o,$(wildcard user/render/*.c))
$(RENDER:%=$(BUILD)/obj/%) $(RENDER:%=$(BUILD)/asan/%) $(RENDER:%=$(BUILD)/fuzz/obj/%): | $(GENERATED)

# The dependency files know who includes the skeleton; before there are any it has to be there.
COLLECT := $(patsubst %.c,%.o,$(wildcard user/collect/*.c))
$(COLLECT:%=$(BUILD)/obj/%) $(COLLECT:%=$(BUILD)/asan/%): | $(BUILD)/bpf/waitscope.skel.h

$(BUILD)/waitscope: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -o $@

# The same program with the sanitizers in, for the tests.
checked: $(BUILD)/waitscope-checked
	@:

$(BUILD)/waitscope-checked: $(CHECKED)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

# An archive: each program takes from it only what it uses, and the libraries which that needs.
$(WORKLOAD_ARCHIVE): $(WORKLOAD_LIB)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/workloads/posix_aio: WORKLOAD_LIBS = -lrt
$(BUILD)/workloads/native_aio: WORKLOAD_LIBS = -laio
$(BUILD)/workloads/io_uring: WORKLOAD_LIBS = -luring
$(BUILD)/workloads/overlap: WORKLOAD_LIBS = -luring
$(BUILD)/workloads/uring_server: WORKLOAD_LIBS = -luring

$(BUILD)/workloads/%: $(BUILD)/obj/workloads/%.o $(WORKLOAD_ARCHIVE)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $^ $(WORKLOAD_LIBS) -lpthread -lutil -o $@

# --- tests -------------------------------------------------------------------------------------

PURE_CHECKED := $(PURE:%.c=$(BUILD)/asan/%.o) $(FILES:%.c=$(BUILD)/asan/%.o) \
	$(PROTOS:%=$(BUILD)/asan/proto/%.pb-c.o)
# commands', but they only read words
PURE_CHECKED += $(BUILD)/asan/user/commands/hist_kinds.o \
	$(BUILD)/asan/user/commands/models_limits.o $(BUILD)/asan/user/commands/trace_filter.o
$(BUILD)/asan/tests/unit/%.o $(BUILD)/obj/tests/live/%.o: | $(GENERATED)

$(BUILD)/unit/%: $(BUILD)/asan/tests/unit/%.o $(PURE_CHECKED)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $^ -lcmocka $(PURE_LIBS) -o $@

# What is found by its frame pointers has to have them.
$(BUILD)/obj/tests/live/lib/walks.o: ALL_CFLAGS += -fno-omit-frame-pointer -fno-ipa-icf -fno-ipa-cp -fno-ipa-sra

$(BUILD)/live/%: $(BUILD)/obj/tests/live/%.o $(LIVE_LIB:%.c=$(BUILD)/obj/%.o) \
		$(PROTOS:%=$(BUILD)/obj/proto/%.pb-c.o)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $^ -lcmocka -ljson-c -lprotobuf-c -lsqlite3 -lm -lpthread -o $@

UNIT_PROGRAMS := $(UNIT_TESTS:%=$(BUILD)/unit/%)
LIVE_PROGRAMS := $(LIVE_TESTS:%=$(BUILD)/live/%)

unit-programs: $(UNIT_PROGRAMS)
	@:

live-programs: programs checked fuzz-programs $(LIVE_PROGRAMS)
	@:

test-programs: live-programs unit-programs
	@:

test:
	$(call as_root,tracing other programs takes root: sudo make test (or: make test-unit))
	$(Q)./install-packages.sh build test
	$(Q)$(MAKE) $(JOBS) test-programs
	$(Q)tests/run.sh $(UNIT_PROGRAMS) $(LIVE_PROGRAMS)

test-unit:
	$(Q)./install-packages.sh check
	$(Q)$(MAKE) $(JOBS) unit-programs
	$(Q)tests/run.sh $(UNIT_PROGRAMS)

test-live:
	$(call as_root,tracing other programs takes root: sudo make test-live)
	$(Q)./install-packages.sh build test
	$(Q)$(MAKE) $(JOBS) live-programs
	$(Q)tests/run.sh $(LIVE_PROGRAMS)

# Readers and what is done with what they read, with libFuzzer (of clang) looking for ways through
# them. What it finds is left in build/fuzz; what it should begin with is in tests/fuzz/corpus, of
# which all fuzzers of recordings have one. A fuzzer tries large row numbers all the time, and to
# make room for them is all that it would do: there they are damage sooner.
FUZZ_SECONDS ?= 60
FUZZ_CFLAGS = -O1 -DROWS_MOST=8193 -DFRAME_RAW_MOST=65536

$(BUILD)/fuzz/obj/%.o: %.c
	$(call say,FUZZ,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(ALL_CFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link $(SANITIZE) -MMD -MP -c $< -o $@

# from a recording to a profile, and to the formats of others
FUZZ_GATHER := $(COLLECT:%=$(BUILD)/fuzz/obj/%) $(patsubst %,$(BUILD)/fuzz/obj/user/commands/%.o, \
	event_source exporting options output output_options recording_file replaying \
	replaying_stacks tracing)
FUZZ_RECORDING := $(patsubst %,$(BUILD)/fuzz/obj/tests/fuzz/recording_%.o,input mutator)
$(FUZZ_GATHER): | $(BUILD)/bpf/waitscope.skel.h
$(filter $(BUILD)/fuzz/fuzz_recording_%,$(FUZZERS:%=$(BUILD)/fuzz/%)): $(FUZZ_GATHER) $(FUZZ_RECORDING)
$(BUILD)/fuzz/obj/tests/fuzz/%.o: | $(GENERATED)

$(BUILD)/fuzz/%: $(BUILD)/fuzz/obj/tests/fuzz/%.o $(PURE:%.c=$(BUILD)/fuzz/obj/%.o) \
		$(FILES:%.c=$(BUILD)/fuzz/obj/%.o) $(PROTOS:%=$(BUILD)/fuzz/obj/proto/%.pb-c.o)
	$(call say,LINK,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer $(SANITIZE) $^ $(LIBS) -o $@

fuzz-programs: $(FUZZERS:%=$(BUILD)/fuzz/%)
	@:

fuzz:
	$(Q)./install-packages.sh build fuzz
	$(Q)$(MAKE) $(JOBS) fuzz-programs
	$(Q)for fuzzer in $(FUZZERS); do \
		corpus=$${fuzzer#fuzz_}; case $$corpus in recording_*) corpus=recording ;; esac; \
		mkdir -p $(BUILD)/fuzz/found/$$fuzzer && $(BUILD)/fuzz/$$fuzzer -max_len=8192 \
			-max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/found/ \
			$(BUILD)/fuzz/found/$$fuzzer tests/fuzz/corpus/$$corpus || exit 1; \
	done

test-kernels:
	$(Q)./install-packages.sh build check kernels
	$(Q)$(MAKE) $(JOBS) live-programs
	$(Q)tests/kernels/live.sh $(if $(filter-out 0,$(SHORT)),--short) $(KERNELS)

bench:
	$(call as_root,tracing takes root: sudo make bench)
	$(Q)./install-packages.sh build bench
	$(Q)$(MAKE) $(JOBS) programs
	$(Q)tests/bench/bench.py $(BENCH)

classify:
	$(call as_root,tracing takes root: sudo make classify)
	$(Q)./install-packages.sh build test classify
	$(Q)$(MAKE) $(JOBS) programs
	$(Q)tests/classify/classify.py --build $(abspath $(BUILD)) $(CLASSIFY)

# --- what people do ----------------------------------------------------------------------------

demo:
	$(call as_root,tracing takes root: sudo make demo)
	$(Q)./install-packages.sh build
	$(Q)$(MAKE) $(JOBS) programs
	$(Q)./demo.sh $(BUILD)

# Headers that are made; the linters need them. (Those of the bench are its own affair.)
BENCH_BUILD = $(abspath $(BUILD))/bench

generated: $(BUILD)/bpf/waitscope.skel.h $(GENERATED)
	$(Q)$(MAKE) $(JOBS) -s -C tests/bench OUT=$(BENCH_BUILD) $(BENCH_BUILD)/floor.skel.h

lint:
	$(Q)./install-packages.sh build check lint
	$(Q)$(MAKE) $(JOBS) generated
	$(Q)./lint.sh $(BUILD)

format:
	$(Q)clang-format -i $$(git -c safe.directory='*' ls-files '*.c' '*.h')

install: programs
	$(call say,INST,$(DESTDIR)$(PREFIX))
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/waitscope
	$(Q)install -m 755 $(BUILD)/waitscope $(DESTDIR)$(PREFIX)/bin/
	$(Q)install -m 755 $(WORKLOADS:%=$(BUILD)/workloads/%) $(DESTDIR)$(PREFIX)/libexec/waitscope/

uninstall:
	$(Q)rm -f $(DESTDIR)$(PREFIX)/bin/waitscope
	$(Q)rm -rf $(DESTDIR)$(PREFIX)/libexec/waitscope

clean:
	$(Q)rm -rf $(BUILD)

.SECONDARY:

-include $(shell find $(BUILD)/obj $(BUILD)/asan $(BUILD)/fuzz/obj -name '*.d' 2>/dev/null)
