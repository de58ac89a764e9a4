# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make            the tool and the workloads, in build/
# make demo       installs what is missing, builds, traces the bundled programs
# make test       the same, then all tests (as root)
# make test-unit  tests that need no root
# make test-live  tests against live programs (root)
# make test-kernels   the live tests in Debian's kernels under QEMU
# make bench      what tracing costs, beside the tools of others
# make lint  make install [PREFIX=/usr/local] [DESTDIR=]  make clean
# V=1 shows the commands.

BUILD  ?= build
PREFIX ?= /usr/local
CC     ?= gcc
CLANG  ?= clang

Q  = $(if $(V),,@)
say = @$(if $(V),true,printf '  %-6s %s\n' $(1) $(2))

WARNINGS = -Wall -Wextra -Werror -Wno-missing-field-initializers
CFLAGS  ?= -O2 -g
CPPFLAGS += -I. -Iuser -I$(BUILD)/bpf
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(CPPFLAGS) $(CFLAGS)
SANITIZE = -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
LIBS = -lbpf -lelf -lz -ljson-c -lm

BPF_SOURCES := $(wildcard bpf/*.c bpf/*.h)
PURE    := $(wildcard user/model/*.c user/names/*.c user/render/*.c user/judge/*.c)
LIVE    := $(wildcard user/collect/*.c user/commands/*.c) user/main.c
SOURCES := $(PURE) $(LIVE)
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o)
CHECKED := $(SOURCES:%.c=$(BUILD)/asan/%.o)

WORKLOADS := $(basename $(notdir $(wildcard workloads/*.c)))
WORKLOAD_LIB := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard workloads/lib/*.c))
UNIT_TESTS := $(basename $(notdir $(wildcard tests/unit/test_*.c)))
LIVE_TESTS := $(basename $(notdir $(wildcard tests/live/test_*.c)))
LIVE_LIB   := $(wildcard tests/live/lib/*.c)

.PHONY: all demo test test-unit test-live test-kernels bench lint format install uninstall clean \
	packages test-packages programs checked

all: programs

programs: $(BUILD)/waitscope $(WORKLOADS:%=$(BUILD)/workloads/%)

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

# every file that sees the skeleton (collect/session_internal.h)
$(foreach kind,obj asan,$(patsubst %.c,$(BUILD)/$(kind)/%.o,$(wildcard user/collect/session*.c))): \
	$(BUILD)/bpf/waitscope.skel.h

$(BUILD)/waitscope: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -o $@

# The same program with the sanitizers in, for the tests.
checked: $(BUILD)/waitscope-checked
$(BUILD)/waitscope-checked: $(CHECKED)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/workloads/%: $(BUILD)/obj/workloads/%.o $(WORKLOAD_LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $^ -lpthread -lutil -o $@

# --- tests -------------------------------------------------------------------------------------

PURE_CHECKED := $(PURE:%.c=$(BUILD)/asan/%.o)

$(BUILD)/unit/%: $(BUILD)/asan/tests/unit/%.o $(PURE_CHECKED)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $^ -lcmocka -ljson-c -lm -o $@

$(BUILD)/live/%: $(BUILD)/obj/tests/live/%.o $(LIVE_LIB:%.c=$(BUILD)/obj/%.o)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $^ -lcmocka -ljson-c -lm -lpthread -o $@

test: packages test-packages
	$(Q)$(MAKE) --no-print-directory programs checked $(UNIT_TESTS:%=$(BUILD)/unit/%) \
		$(LIVE_TESTS:%=$(BUILD)/live/%)
	$(Q)tests/run.sh $(UNIT_TESTS:%=$(BUILD)/unit/%) $(LIVE_TESTS:%=$(BUILD)/live/%)

test-unit: $(UNIT_TESTS:%=$(BUILD)/unit/%)
	$(Q)tests/run.sh $^

test-live: programs checked $(LIVE_TESTS:%=$(BUILD)/live/%)
	$(Q)tests/run.sh $(LIVE_TESTS:%=$(BUILD)/live/%)

test-kernels: programs $(LIVE_TESTS:%=$(BUILD)/live/%)
	$(Q)tests/kernels/live.sh $(KERNELS)

bench: programs
	$(Q)tests/bench/bench.py $(BENCH)

# --- what people do ----------------------------------------------------------------------------

packages:
	$(Q)./install-packages.sh build

test-packages:
	$(Q)./install-packages.sh test

demo: packages
	$(Q)$(MAKE) --no-print-directory programs
	$(Q)./demo.sh $(BUILD)

lint:
	$(Q)./lint.sh $(BUILD)

format:
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

install: programs
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/waitscope
	install -m 755 $(BUILD)/waitscope $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(WORKLOADS:%=$(BUILD)/workloads/%) $(DESTDIR)$(PREFIX)/libexec/waitscope/

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/waitscope
	rm -rf $(DESTDIR)$(PREFIX)/libexec/waitscope

clean:
	rm -rf $(BUILD)

.SECONDARY:

-include $(shell find $(BUILD)/obj $(BUILD)/asan -name '*.d' 2>/dev/null)
