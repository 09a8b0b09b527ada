# The commands of the tutorial: `make` lists those of a learner, `make help` all of them.
# GNU make 3.81 is enough. A word says what (make check lint), a variable says how
# (make bench QUICK=1).

CC = cc
CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -O2 \
         -Wall -Wextra -Wpedantic -Wshadow -Wconversion
SYSTEM := $(shell uname -s)

# These are taken from the command line alone: what the environment happens to hold under
# such a name is not meant for us, and does not reach our scripts either.
OPTIONS := CHECK CLIENT GO JSON LIMIT MINUTES N ONLY PATIENCE QUICK ROUNDS SEEDS SERVER V WERROR
$(foreach o,$(OPTIONS),$(if $(filter command,$(origin $o)),,$(eval $o :=)))
export CC SYSTEM

CHAPTERS := $(sort $(wildcard 0*-*))
BUILT := $(CHAPTERS)
ifneq ($(SYSTEM),Linux)
BUILT := $(filter-out 05-% 06-%,$(CHAPTERS))
endif
LAB := docs/lab/suite/peer docs/lab/suite/terminal
ifeq ($(SYSTEM),Linux)
BENCH := docs/lab/attack/fuzz docs/lab/bench/load docs/lab/bench/limit docs/lab/play/play docs/lab/bench/waitcost
endif
# The programs of a page look at Linux. Each is one program for one claim or question.
PAGES := docs/claims docs/readiness docs/beyond
ifeq ($(SYSTEM),Linux)
EXPERIMENTS := $(patsubst %.c,%,$(wildcard $(addsuffix /*.c,$(PAGES))))
endif
PAIRS := $(foreach c,$(BUILT),$(patsubst %.c,%,$(wildcard $(c)/*.c))) $(LAB)
INSTRUMENTS := $(PAIRS) $(BENCH)
PROGRAMS := $(INSTRUMENTS) $(EXPERIMENTS)

# `make chapter 3`: the words after the command are its argument, not goals.
LEARN := chapter diff steps test trap exercise start solution progress watch claim timeline
MEASURE := bench rivals fleet readiness
MAINTAIN := deps check mutants attack notes book all clean
# What a command was called before, and is now.
RENAMED := prove=mutants peers=rivals faults=attack_faults fuzz=attack_fuzz \
           soak=attack_soak san=check_san valgrind=check_memory tsan=check_races \
           analyse=check_lint coverage=check_coverage notes-fix=notes traps=mutants_table
OLD := $(foreach r,$(RENAMED),$(firstword $(subst =, ,$(r))))
COMMANDS := help $(LEARN) $(MEASURE) $(MAINTAIN)
COMMAND := $(firstword $(filter-out deps,$(filter $(COMMANDS) $(OLD),$(MAKECMDGOALS))))
ifneq ($(filter $(OLD),$(COMMAND)),)
$(error make $(COMMAND) is now: make $(subst _, ,$(patsubst $(COMMAND)=%,%,$(filter $(COMMAND)=%,$(RENAMED)))))
endif
# `make check lint`, `make attack fuzz`, `make mutants table`: the second word is no goal.
ifneq ($(filter check attack mutants,$(COMMAND)),)
WHAT := $(filter-out $(COMMANDS),$(MAKECMDGOALS))
PARTS_check := lint san memory races coverage site play
PARTS_attack := faults fuzz soak 1 2 3 4 5 6
PARTS_mutants := table solutions strangers
ifneq ($(filter-out $(PARTS_$(COMMAND)),$(WHAT)),)
$(error make $(COMMAND): there is no "$(filter-out $(PARTS_$(COMMAND)),$(WHAT))": make $(COMMAND), or with one of: $(PARTS_$(COMMAND)))
endif
endif
# A shell that completes the name of a directory adds a slash.
WORDS := $(if $(WHAT),$(WHAT),$(filter-out $(COMMANDS) $(OLD) $(PROGRAMS),$(MAKECMDGOALS)))
ARGUMENT := $(patsubst %/,%,$(WORDS))
ifneq ($(filter chapter diff timeline watch test,$(COMMAND)),)
# 3, 03 or 03-select names the directory 03-select.
NUMBER := $(patsubst 0%,%,$(firstword $(subst -, ,$(ARGUMENT))))
DIR := $(filter 0$(NUMBER)-%,$(CHAPTERS))
ifeq ($(words $(ARGUMENT))$(filter test,$(COMMAND)),0test)
DIR :=
else ifneq ($(words $(ARGUMENT)),1)
$(error which chapter? one of 1 to 6, as in: make $(COMMAND) 3)
else ifeq ($(filter $(ARGUMENT),$(NUMBER) 0$(NUMBER) $(DIR)),)
$(error there is no chapter $(ARGUMENT): 1 to 6, as in: make $(COMMAND) 3)
else ifeq ($(DIR),)
$(error there is no chapter $(ARGUMENT): 1 to 6, as in: make $(COMMAND) 3)
else ifeq ($(filter $(DIR),$(BUILT)),)
ifneq ($(filter chapter timeline,$(COMMAND)),)
$(error epoll is Linux's alone: on this system, chapter 04 (poll) is the way, and chapters 05 and 06 are for reading)
endif
endif
endif
TWO := $(if $(filter $(WORDS),1 2 3 4 5 6 7 8 9),0)$(WORDS)
ifneq ($(filter claim,$(COMMAND)),)
ifneq ($(WORDS),)
ifeq ($(wildcard docs/claims/$(TWO)-*.*),)
$(error there is no claim $(WORDS): make claim lists them)
endif
endif
endif
# The words are no goals of their own.
NO_GOALS := $(filter-out $(COMMANDS) $(COMMAND),$(WORDS))
ifneq ($(and $(NO_GOALS),$(filter $(LEARN) check attack mutants,$(COMMAND))),)
.PHONY: $(NO_GOALS)
$(NO_GOALS): ; @:
endif

# A scene begins without the compiler's command lines (V=1 shows them), and a learner's
# command that says "red" has said all: without this, make would add "*** Error 1". A
# program that SIGPIPE ends is the one that no shell talks about, and its status is not 0.
# What could not be run, or was asked wrongly, ends with 2, and make says so.
QUIET := $(if $(V),,$(if $(filter chapter exercise start trap claim watch progress test,$(COMMAND)),@))
OR_END = || { [ $$? -eq 2 ] && exit 2; kill -PIPE $$PPID; exit 1; }

.PHONY: $(COMMANDS) compiler
# `make -j8 clean all` cleans first.
ifneq ($(filter clean,$(MAKECMDGOALS))$(filter san,$(WHAT)),)
.NOTPARALLEL:
endif
.DEFAULT_GOAL := learn
.PHONY: learn
learn:
	@echo 'Learn:'
	@echo '  make chapter 1      play the scene of chapter 1, on a real server (1 to 6)'
	@echo '  make chapter 1 GO=1 ... without a stop at its questions'
	@echo '  make diff 5         what chapter 5 changed, against chapter 4'
	@echo '  make steps          how large each step is, and its budget'
	@echo '  make trap 6         the classic mistakes of chapter 6; make trap 6.1 plays one'
	@echo '  make exercise 4     the exercises of chapter 4; make exercise 4.1 checks yours'
	@echo '  make start 4.1      put your files of chapter 4 aside, and begin 4.1 afresh'
	@echo '  make solution 4.1   our solution, explained'
	@echo '  make progress       what you have: promises kept, exercises solved'
	@echo '  make watch 5        the tests of chapter 5, again each time when you save'
	@echo "  make watch 5 ONLY='^echo'   ... those that begin so: quick"
	@echo '  make test 5         what the server and client of chapter 5 promise, tested'
	@echo "  make test 5 SERVER='python3 mine.py'   ... your own server, in any language:"
	@echo '                      it is started with a port as its argument'
	@echo "  make test 5 ONLY='RST'                 ... those with RST in their name"
	@echo '  make claim 3        a claim of well-known tutorials, and what is true (1 to 60)'
	@echo '  make timeline 5     a run of chapter 5 under strace, drawn: who waits, who works'
	@$(if $(filter help,$(MAKECMDGOALS)),:,echo; echo 'make deps installs what the tests need. make help lists all commands.')

help: learn
	@echo
	@echo 'Measure:'
	@echo '  make bench          what an echo costs, all servers, on your machine: 90 s'
	@echo '  make bench QUICK=1  ... in 20 s'
	@echo '  make rivals         our servers beside those of libev, libevent and libuv'
	@echo '  make fleet          many servers behind haproxy, if that is installed'
	@echo '  make readiness      the tables of docs/readiness, written from your kernel'
	@echo
	@echo 'Maintain:'
	@echo '  make deps           install what the tests need: bats, a compiler, patch'
	@echo '  make test           every promise of all six chapters: a minute or two'
	@echo '  make check          what the notes say, and that the tools work: 2 minutes'
	@echo '  make check lint     ... what gcc, clang-tidy, cppcheck and shellcheck find'
	@echo '  make check san      ... the chapters under the address and UB sanitizers'
	@echo '  make check memory   ... under valgrind: 10 minutes'
	@echo '  make check races    ... the programs with threads, under the thread sanitizer'
	@echo '  make check coverage ... which lines no test executes, and why'
	@echo '  make check site     ... the site of the notes; make check play: the playground'
	@echo '  make mutants        that the tests bite: each trap red, each exercise red before, green after'
	@echo '  make mutants table  ... which promise each trap and seeded bug turns red'
	@echo '  make mutants solutions  ... that a solution breaks what its task changes: 10 minutes'
	@echo '  make mutants strangers  ... good and wrong servers in ten languages, graded: 30 minutes'
	@echo '  make attack         that the servers survive: the three below, in small'
	@echo '  make attack faults 5    ... each system call of chapter 5 fails, in each way'
	@echo '  make attack fuzz        ... hostile clients, random operations: 5 minutes'
	@echo '  make attack soak        ... load without mercy, 10 minutes; or MINUTES=60'
	@echo '  make notes          replay the transcripts in the notes, and write what differs'
	@echo '  make book           the notes as a site to browse, in build/book'
	@echo '  make all, clean     build all programs; remove what was built; what you have solved stays'
	@echo
	@echo 'A word says what, a variable says how: make check lint, make bench QUICK=1.'

all: $(PROGRAMS)
ifneq ($(SYSTEM),Linux)
	@echo "chapters 05 and 06 are not built: epoll is Linux's alone"
endif

# With `make -j8 deps test`, the tools come first. CC may be words: ccache gcc.
$(PROGRAMS): | compiler
compiler: $(filter deps,$(MAKECMDGOALS))
	@for word in $(firstword $(CC)); do command -v $$word >/dev/null || \
	    { echo "$$word is not installed: make deps" >&2; exit 1; }; done

# A program's prerequisites in C are its parts.
COMPILE = $(QUIET)$(CC) $(CFLAGS) $(WERROR) -o $@ $(filter %.c,$^)
%: %.c
	$(COMPILE)

# What the instruments share; and the peer and the terminal, which are in parts.
CORE := docs/lab/core/base.c docs/lab/core/program.c docs/lab/core/usage.c
$(LAB) docs/lab/bench/load docs/lab/attack/fuzz: $(CORE) $(CORE:.c=.h)
docs/lab/suite/peer: $(wildcard docs/lab/suite/peer-src/*.[ch])
docs/lab/suite/terminal: $(wildcard docs/lab/suite/terminal-src/*.[ch])
$(LAB):
	$(COMPILE)

# What the fuzzer is let loose on.
SANITIZED := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
build/asan/%: %.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(SANITIZED) -o $@ $<

# Those that start threads.
%/thread: CFLAGS += -pthread
docs/lab/play/play $(EXPERIMENTS): CFLAGS += -pthread
$(EXPERIMENTS) docs/lab/play/play docs/lab/bench/waitcost: $(wildcard $(addsuffix /*.h,$(PAGES)))

# --- learn -----------------------------------------------------------------------------
chapter: $(patsubst %.c,%,$(wildcard $(DIR)/*.c)) docs/lab/suite/peer
	@docs/lab/learn/exercise --applied $(NUMBER) 2>/dev/null || true # it also keeps the original
	@$(DIR)/demo

diff:
	@docs/lab/learn/step-diff $(NUMBER)

steps:
	@docs/lab/learn/steps

# `make claim 3`, or `make claim` for the list. Its experiment is a program of its
# own, 03-name.c, or a script that needs the others.
ONE := $(filter docs/claims/$(TWO)-%,$(EXPERIMENTS))
claim: $(if $(WORDS),$(or $(ONE),$(PROGRAMS)))
	@docs/lab/learn/claim $(WORDS) $(OR_END)

trap: $(LAB)
	@docs/lab/learn/trap $(WORDS) $(OR_END)

exercise:
	@MAKE='$(MAKE)' docs/lab/learn/exercise $(WORDS) $(OR_END)

start:
	@docs/lab/learn/exercise --start $(WORDS) $(OR_END)

solution:
	@docs/lab/learn/exercise --solution $(WORDS) $(OR_END)

progress:
	@MAKE='$(MAKE)' docs/lab/learn/progress $(if $(CHECK),--check) $(OR_END)

watch:
	@export MAKE='$(MAKE)'; exec docs/lab/learn/watch $(DIR)

timeline: $(patsubst %.c,%,$(wildcard $(DIR)/*.c)) 01-blocking/client $(LAB)
	@docs/lab/draw/timeline $(NUMBER)

# SERVER='cmd', CLIENT='cmd' and ONLY='regex' reach run-tests as they are given.
test: $(if $(DIR),$(patsubst %.c,%,$(wildcard $(DIR)/*.c)) $(LAB),$(INSTRUMENTS)) $(filter deps,$(MAKECMDGOALS))
	@$(if $(SERVER)$(CLIENT),,$(if $(DIR),docs/lab/learn/exercise --applied $(NUMBER) || true;)) \
	    docs/lab/suite/run-tests $(DIR) || { status=$$?; \
	    $(if $(SERVER)$(CLIENT),,$(if $(DIR),docs/lab/learn/exercise --applied $(NUMBER);)) \
	    [ $$status -eq 2 ] && exit 2; kill -PIPE $$PPID; exit 1; }

# --- measure ---------------------------------------------------------------------------
bench: $(INSTRUMENTS)
	@docs/lab/bench/bench

rivals: $(INSTRUMENTS)
	@docs/lab/bench/rivals

fleet: 05-epoll/server 05-epoll/client $(LAB)
	@docs/lab/bench/fleet

readiness: docs/readiness/readiness docs/readiness/edges
	@docs/readiness/update

# --- maintain --------------------------------------------------------------------------
deps:
	@docs/lab/core/deps $(if $(filter check mutants,$(MAKECMDGOALS)),python3)

# `make deps test check mutants`: one after the other, for they share two cores.
LONG := docs/lab/attack docs/lab/book docs/lab/mutants docs/lab/play \
        docs/lab/check/tools.bats
QUICK_CHECKS := $(filter-out $(addsuffix %,$(LONG)),$(wildcard docs/*/*.bats docs/lab/*/*.bats))
check: $(if $(WHAT),,$(PROGRAMS)) $(filter deps test,$(MAKECMDGOALS)) $(addprefix check-,$(WHAT))
	@$(if $(WHAT),:,docs/lab/suite/run-tests $(QUICK_CHECKS))

.PHONY: $(addprefix check-,$(PARTS_check)) $(addprefix attack-,$(PARTS_attack)) $(addprefix mutants-,$(PARTS_mutants))
check-lint: $(LAB)
	@docs/lab/check/analyse
	@ONLY='^analyse' docs/lab/suite/run-tests docs/lab/check/tools.bats

# The sanitizers' programs stand where the normal ones do, and go again.
check-san: clean
	@$(MAKE) --no-print-directory all \
	    CFLAGS='$(CFLAGS) $(SANITIZED)'
	@trap 'rm -f $(PROGRAMS)' EXIT; trap 'exit 130' INT TERM; \
	    SANITIZE=1 docs/lab/suite/run-tests $(CHAPTERS)

# ONLY='regex' as in make test; of one chapter: docs/lab/check/memcheck 5
check-memory:
	@docs/lab/check/memcheck

# The thread sanitizer writes a file for each process in which it saw a data race.
RACES = $(CURDIR)/build/races
THREADED := 01-blocking/thread $(filter %/47-two-phases %/48-ask-again %/50-idle-connection %/cost,$(EXPERIMENTS))
check-races: $(filter-out $(THREADED),$(PROGRAMS))
	@rm -rf $(THREADED) $(RACES) && mkdir -p $(RACES)
	@$(MAKE) --no-print-directory $(THREADED) CFLAGS='$(CFLAGS) -O1 -g -fsanitize=thread -pthread'
	@trap 'rm -f $(THREADED)' EXIT; trap 'exit 130' INT TERM; \
	    export TSAN_OPTIONS='log_path=$(RACES)/log' SANITIZE=1; \
	    ONLY='thread\.c' docs/lab/suite/run-tests 01-blocking || exit 1; \
	    for program in $(filter docs/%,$(THREADED)); do \
	        $$program >$(RACES)/out </dev/null || echo "$$program: not as predicted: threads cost more here"; \
	    done; \
	    if cat $(RACES)/log* 2>$(RACES)/none; then exit 1; fi; echo 'no data race'

check-coverage:
	@docs/lab/check/coverage

check-site: $(PROGRAMS)
	@docs/lab/suite/run-tests docs/lab/book

check-play: $(PROGRAMS)
	@docs/lab/suite/run-tests docs/lab/play

# After the tests, if both are asked for: they share two cores. Python carries patches.
mutants: $(if $(WHAT),,$(INSTRUMENTS)) $(filter deps test check,$(MAKECMDGOALS)) $(addprefix mutants-,$(WHAT))
	@$(if $(WHAT),:,docs/lab/suite/run-tests $(filter-out %/solutions.bats,$(wildcard docs/lab/mutants/*.bats)))

mutants-table:
	@docs/lab/learn/trap --table

# Each of them takes the tests of a whole chapter, twenty-eight times.
mutants-solutions: $(INSTRUMENTS)
	@docs/lab/suite/run-tests docs/lab/mutants/solutions.bats

# Servers that are none of the chapters', in the languages that are here: half an hour.
mutants-strangers: 05-epoll/server $(LAB)
	@docs/lab/mutants/strangers/try

attack: $(if $(WHAT),,$(PROGRAMS)) $(filter deps test check mutants,$(MAKECMDGOALS)) \
        $(addprefix attack-,$(filter-out 1 2 3 4 5 6,$(WHAT)))
	@$(if $(WHAT),:,docs/lab/suite/run-tests docs/lab/attack docs/lab/book docs/lab/play docs/lab/check/tools.bats)

attack-faults: $(INSTRUMENTS)
	@docs/lab/attack/faults $(filter 1 2 3 4 5 6,$(WHAT))

# `make attack fuzz N=100000 SEEDS='7 8'`
attack-fuzz: $(INSTRUMENTS)
	@docs/lab/attack/fuzz-all $(or $(N),400000) $(SEEDS)

attack-soak: $(INSTRUMENTS)
	@docs/lab/attack/soak -m '$(or $(MINUTES),10)'

notes: $(PROGRAMS)
	@FIX=1 docs/lab/check/check-notes ./*.md 0*/*.md docs/*.md docs/*/*.md

book:
	@docs/lab/book/book

clean:
	@rm -f $(PROGRAMS)
	@rm -rf $(filter-out $(addprefix build/,solved mine original progress),$(wildcard build/*))
