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

/* The process with its threads and its children. Linux alone: elsewhere 0. */
struct usage {
    double cpu; /* ns */
    long switches; /* voluntary: it fell asleep so often */
};
struct usage family_usage(pid_t pid);
double family_cpu_ms(pid_t pid); /* of those that live: exact to the ns */
long family_private_kib(pid_t pid); /* what they share with nobody */
#endif
