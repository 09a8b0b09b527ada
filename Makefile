# The commands of the tutorial: `make` lists them. GNU make 3.81 is enough.

CC = cc
CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -O2 \
         -Wall -Wextra -Wpedantic -Wshadow -Wconversion
SYSTEM := $(shell uname -s)

CHAPTERS := $(sort $(wildcard 0*-*))
BUILT := $(CHAPTERS)
ifneq ($(SYSTEM),Linux)
BUILT := $(filter-out 05-% 06-%,$(CHAPTERS))
endif
LAB := docs/lab/suite/peer docs/lab/suite/terminal
ifeq ($(SYSTEM),Linux)
BENCH := docs/lab/attack/fuzz docs/lab/bench/load docs/lab/bench/limit docs/lab/play/play docs/lab/bench/waitcost
endif
# The experiments look at Linux. Each is one program for one claim or question.
TRY := docs/claims docs/readiness docs/beyond
ifeq ($(SYSTEM),Linux)
EXPERIMENTS := $(patsubst %.c,%,$(wildcard $(addsuffix /*.c,$(TRY))))
endif
PROGRAMS := $(foreach c,$(BUILT),$(patsubst %.c,%,$(wildcard $(c)/*.c))) \
            $(LAB) $(BENCH) $(EXPERIMENTS)

# `make chapter 3`: the words after the command are its argument, not goals.
COMMANDS := help all chapter diff steps claim fleet readiness timeline bench \
            peers trap traps exercise solution progress watch test check prove attack \
            faults fuzz soak san valgrind tsan analyse coverage notes-fix book deps clean
# A shell that completes the name of a directory adds a slash.
WORDS := $(filter-out $(COMMANDS) $(PROGRAMS),$(MAKECMDGOALS))
ARGUMENT := $(patsubst %/,%,$(WORDS))
ifneq ($(filter chapter diff timeline watch test,$(MAKECMDGOALS)),)
# 3, 03 or 03-select names the directory 03-select.
NUMBER := $(patsubst 0%,%,$(firstword $(subst -, ,$(ARGUMENT))))
DIR := $(filter 0$(NUMBER)-%,$(CHAPTERS))
ifeq ($(words $(ARGUMENT))$(filter test,$(MAKECMDGOALS)),0test)
DIR :=
else ifneq ($(words $(ARGUMENT)),1)
$(error which chapter? one of 1 to 6, as in: make $(firstword $(filter chapter diff timeline watch test,$(MAKECMDGOALS))) 3)
else ifeq ($(filter $(ARGUMENT),$(NUMBER) 0$(NUMBER) $(DIR)),)
$(error there is no chapter $(ARGUMENT): 1 to 6, as in: make $(firstword $(filter chapter diff timeline watch test,$(MAKECMDGOALS))) 3)
else ifeq ($(DIR),)
$(error there is no chapter $(ARGUMENT): 1 to 6, as in: make $(firstword $(filter chapter diff timeline watch test,$(MAKECMDGOALS))) 3)
else ifeq ($(filter $(DIR),$(BUILT)),)
ifneq ($(filter chapter timeline,$(MAKECMDGOALS)),)
$(error epoll is Linux's alone: on this system, chapter 04 (poll) is the way, and chapters 05 and 06 are for reading)
endif
endif
endif
TWO := $(if $(filter $(WORDS),1 2 3 4 5 6 7 8 9),0)$(WORDS)
ifneq ($(filter claim,$(MAKECMDGOALS)),)
ifneq ($(WORDS),)
ifeq ($(wildcard docs/claims/$(TWO)-*.*),)
$(error there is no claim $(WORDS): make claim lists them)
endif
endif
endif
ifneq ($(filter chapter diff timeline watch trap exercise solution faults test claim,$(MAKECMDGOALS)),)
.PHONY: $(WORDS)
$(WORDS): ; @:
endif

.PHONY: $(COMMANDS) compiler
# `make -j8 clean all` cleans first.
ifneq ($(filter clean san,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
help:
	@echo 'make chapter 1      play the scene of chapter 1, on a real server (1 to 6)'
	@echo 'make diff 5         what chapter 5 changed, against chapter 4'
	@echo 'make steps          how large each step is, and its budget'
	@echo 'make claim 3        a claim of the source documents, and what is true (1 to 60)'
	@echo 'make readiness      write the tables of docs/readiness/README.md anew, from your kernel'
	@echo 'make trap 6         the classic mistakes of chapter 6; make trap 6.1 plays one'
	@echo 'make traps          which promise each of them turns red'
	@echo 'make exercise 4     the exercises of chapter 4; make exercise 4.1 checks yours'
	@echo 'make solution 4.1   our solution, explained'
	@echo 'make progress       what you have: promises kept, exercises solved'
	@echo 'make watch 5        the tests of chapter 5, again each time when you save'
	@echo 'make timeline 5     a run of chapter 5 under strace, drawn: who waits, who works'
	@echo 'make bench          what an echo costs, all servers, on your machine: 90 s'
	@echo 'make bench QUICK=1  ... in 20 s'
	@echo 'make peers          our servers beside those of libev, libevent and libuv'
	@echo 'make fleet          many servers behind haproxy, if that is installed'
	@echo 'make deps           install what the tests need: bats, a compiler, patch'
	@echo 'make test           prove every promise of all six chapters'
	@echo 'make test 5         ... of chapter 5'
	@echo "make test 5 SERVER='python3 mine.py'     ... of your own server:"
	@echo '                    it is started with a port as its argument'
	@echo "make test 5 ONLY='RST'                   ... those with RST in their name"
	@echo 'make check          prove what the notes say, and that the tools work: 2 minutes'
	@echo 'make prove          prove that the tests bite: each trap red, each exercise red, green'
	@echo 'make attack         prove that they survive: faults, random clients, no memory'
	@echo 'make faults 5       each system call of chapter 5 fails, in each way it can'
	@echo 'make fuzz           hostile clients, millions of random operations: 5 minutes'
	@echo 'make soak           load without mercy, an hour of it; make soak MINUTES=1'
	@echo 'make san            all tests, under the address and UB sanitizers'
	@echo 'make valgrind       ... with each server and client under valgrind: 10 minutes'
	@echo 'make tsan           ... of the programs with threads, under the thread sanitizer'
	@echo 'make analyse        what gcc, clang-tidy, cppcheck and shellcheck find'
	@echo 'make coverage       which lines no test executes, and why'
	@echo 'make notes-fix      replay the transcripts in the notes, and replace what differs'
	@echo 'make book           the notes as a site to browse, in build/book'
	@echo 'make all, clean     build all programs; remove what was built'

all: $(PROGRAMS)
ifneq ($(SYSTEM),Linux)
	@echo "chapters 05 and 06 are not built: epoll is Linux's alone"
endif

# With `make -j8 deps test`, the tools come first.
$(PROGRAMS): | compiler
compiler: $(filter deps,$(MAKECMDGOALS))
	@command -v $(firstword $(CC)) >/dev/null || \
	    { echo "$(firstword $(CC)) is not installed: make deps" >&2; exit 1; }

%: %.c
	$(CC) $(CFLAGS) -o $@ $<

# Those that start threads.
01-blocking/thread docs/lab/play/play $(EXPERIMENTS): CFLAGS += -pthread
$(EXPERIMENTS) docs/lab/play/play docs/lab/bench/waitcost: $(wildcard $(addsuffix /*.h,$(TRY)))

chapter: $(patsubst %.c,%,$(wildcard $(DIR)/*.c)) $(LAB)
	@$(DIR)/demo

diff:
	@docs/lab/learn/step-diff $(NUMBER)

steps:
	@docs/lab/learn/steps

# `make claim 3`, or `make claim` for the list. Its experiment is a program of its
# own, 03-name.c, or a script that needs the others.
ONE := $(filter docs/claims/$(TWO)-%,$(EXPERIMENTS))
claim: $(if $(WORDS),$(or $(ONE),$(PROGRAMS)))
	@docs/lab/learn/claim $(WORDS)

readiness: docs/readiness/readiness docs/readiness/edges
	@docs/readiness/update

# The arguments are those of the scripts: make bench QUICK=1
bench: $(filter-out $(EXPERIMENTS),$(PROGRAMS))
	@QUICK='$(QUICK)' LIMIT='$(LIMIT)' docs/lab/bench/bench

peers: $(filter-out $(EXPERIMENTS),$(PROGRAMS))
	@CC='$(CC)' ROUNDS='$(ROUNDS)' docs/lab/bench/peers

# `make trap 6` lists, `make trap 6.2` plays, `make trap 6.2 DIFF=1` shows the patch.
trap: $(LAB)
	@CC='$(CC)' docs/lab/learn/trap $(if $(DIFF),--diff) $(WORDS)

traps:
	@docs/lab/learn/trap --table

exercise:
	@MAKE='$(MAKE)' docs/lab/learn/exercise $(WORDS)

solution:
	@docs/lab/learn/exercise --solution $(WORDS)

progress: $(filter-out $(EXPERIMENTS),$(PROGRAMS))
	@MAKE='$(MAKE)' docs/lab/learn/progress

watch:
	@MAKE='$(MAKE)' docs/lab/learn/watch $(DIR)

timeline: $(patsubst %.c,%,$(wildcard $(DIR)/*.c)) 01-blocking/client $(LAB)
	@docs/lab/draw/timeline $(NUMBER)

fleet: 05-epoll/server 05-epoll/client $(LAB)
	@docs/lab/bench/fleet

# SERVER='cmd', CLIENT='cmd' and ONLY='regex' reach run-tests as they are given.
test: $(filter-out $(EXPERIMENTS),$(PROGRAMS)) $(filter deps,$(MAKECMDGOALS))
	@SYSTEM='$(SYSTEM)' CC='$(CC)' docs/lab/suite/run-tests $(DIR)

# What the repository says of itself: its notes, its tools, its figures.
LONG := docs/lab/attack docs/lab/book docs/lab/mutants docs/lab/play \
        docs/lab/check/memcheck.bats docs/lab/check/analyse.bats
check: $(PROGRAMS) $(filter deps test,$(MAKECMDGOALS))
	@SYSTEM='$(SYSTEM)' CC='$(CC)' docs/lab/suite/run-tests $(filter-out $(addsuffix %,$(LONG)), \
	    $(wildcard docs/*/*.bats docs/lab/*/*.bats))

# After the tests, if both are asked for: they share two cores. Python carries patches.
prove: $(filter-out $(EXPERIMENTS),$(PROGRAMS)) $(filter deps test,$(MAKECMDGOALS))
	@SYSTEM='$(SYSTEM)' CC='$(CC)' docs/lab/suite/run-tests docs/lab/mutants

notes-fix: $(PROGRAMS)
	@FIX=1 docs/lab/check/check-notes ./*.md 0*/*.md docs/*.md docs/*/*.md

attack: $(PROGRAMS) $(filter deps test prove,$(MAKECMDGOALS))
	@SYSTEM='$(SYSTEM)' CC='$(CC)' docs/lab/suite/run-tests docs/lab/attack docs/lab/book docs/lab/play docs/lab/check/memcheck.bats

faults: $(filter-out $(EXPERIMENTS),$(PROGRAMS))
	@CC='$(CC)' docs/lab/attack/faults $(WORDS)

# `make fuzz N=100000 SEEDS='7 8'`
fuzz: $(filter-out $(EXPERIMENTS),$(PROGRAMS))
	@CC='$(CC)' docs/lab/attack/fuzz-all $(or $(N),400000) $(SEEDS)

soak: $(filter-out $(EXPERIMENTS),$(PROGRAMS))
	@docs/lab/attack/soak -m '$(or $(MINUTES),10)'

deps:
	@docs/lab/core/deps

# The sanitizers' programs stand where the normal ones do, and go again.
san: clean
	@$(MAKE) --no-print-directory all \
	    CFLAGS='$(CFLAGS) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
	@trap 'rm -f $(PROGRAMS)' EXIT; trap 'exit 130' INT TERM; \
	    SYSTEM='$(SYSTEM)' SANITIZE=1 docs/lab/suite/run-tests $(CHAPTERS)

# ONLY='regex' as in make test; of one chapter: docs/lab/check/memcheck 5
valgrind:
	@docs/lab/check/memcheck

# The thread sanitizer writes a file for each process in which it saw a data race.
RACES = $(CURDIR)/build/races
THREADED := 01-blocking/thread $(filter %/47-two-phases %/48-ask-again %/50-idle-connection %/cost,$(EXPERIMENTS))
tsan: $(filter-out $(THREADED),$(PROGRAMS))
	@rm -rf $(THREADED) $(RACES) && mkdir -p $(RACES)
	@$(MAKE) --no-print-directory $(THREADED) CFLAGS='$(CFLAGS) -O1 -g -fsanitize=thread -pthread'
	@trap 'rm -f $(THREADED)' EXIT; trap 'exit 130' INT TERM; \
	    export TSAN_OPTIONS='log_path=$(RACES)/log' SANITIZE=1; \
	    ONLY='thread\.c' docs/lab/suite/run-tests 01-blocking || exit 1; \
	    for program in $(filter docs/%,$(THREADED)); do \
	        $$program >$(RACES)/out </dev/null || echo "$$program: not as predicted: threads cost more here"; \
	    done; \
	    if cat $(RACES)/log* 2>$(RACES)/none; then exit 1; fi; echo 'no data race'

analyse: $(LAB)
	@docs/lab/check/analyse
	@docs/lab/suite/run-tests docs/lab/check/analyse.bats

coverage:
	@docs/lab/check/coverage

book:
	@docs/lab/book/book

clean:
	@rm -f $(PROGRAMS)
	@rm -rf build
