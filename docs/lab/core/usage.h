/* What a process uses: its processor time, memory, descriptors, state. Told by
 * proc(5); where there is no /proc, by ps(1), or not at all. */
#ifndef CORE_USAGE_H
#define CORE_USAGE_H
#include <sys/types.h>

/* Its processor time, user and system, in ms; -1: it is gone. */
double cpu_ms_of(pid_t pid);

/* What ps(1) calls rss, in KiB; -1: it is gone. */
long memory_kib_of(pid_t pid);

/* How many descriptors it has open; -1 where /proc does not tell. */
long descriptors_of(pid_t pid);

/* S sleeps, R runs or waits for a processor, D waits for a disk, T is stopped;
 * - where /proc does not tell. */
char state_of(pid_t pid);

/* The number behind name in a file of /proc, or 0. */
long number_in(const char *file, const char *name);

/* The same, of /proc/PID/file. */
long process_number(pid_t pid, const char *file, const char *name);

/* --- the process, all that it has started, and, where it leads a group of processes,
 * the whole group ------------------------------------------------------------------- */
#define MOST_FAMILY 20000
struct member {
    pid_t pid;
    char state; /* as above; Z: it has ended, and nobody has waited for it */
};

/* Set, a family is the process alone. */
extern int families_are_one;

/* Its members now, up to most of them: how many. We are none. */
size_t family_of(pid_t pid, struct member *members, size_t most);

/* Processor time, of the threads as well, and how often they fell asleep. Linux alone:
 * elsewhere 0. */
struct usage {
    double cpu; /* ns */
    long switches; /* voluntary */
};
struct usage family_usage(pid_t pid);
double family_cpu_ms(pid_t pid); /* of those that live: exact to the ns */
long family_private_kib(pid_t pid); /* what they share with nobody */
long family_memory_kib(pid_t pid); /* what they share, once */
long family_descriptors(pid_t pid);
#endif
