/* What a process uses: see usage.h, proc(5), clock_getcpuclockid(3). */
#include "usage.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What ps(1) says of it in one column; 0: nothing, it is gone. */
static int ps_says(pid_t pid, const char *column, char *text, int size) {
    char command[64];
    int told;
    FILE *f;

    snprintf(command, sizeof command, "ps -o %s= -p %ld", column, (long)pid);
    if ((f = popen(command, "r")) == NULL)
        return 0;
    told = fgets(text, size, f) != NULL;
    pclose(f);
    return told;
}

double cpu_ms_of(pid_t pid) {
#if defined _POSIX_CPUTIME && _POSIX_CPUTIME >= 0
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return -1;
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
#else
    char text[64];
    double minutes = 0, seconds = 0;

    if (!ps_says(pid, "time", text, sizeof text) ||
        sscanf(text, "%lf:%lf", &minutes, &seconds) != 2)
        return -1;
    return (minutes * 60 + seconds) * 1e3;
#endif
}

long memory_kib_of(pid_t pid) {
    char text[64];
    const char *blank;
    FILE *f;

    snprintf(text, sizeof text, "/proc/%ld/statm", (long)pid);
    if ((f = fopen(text, "r")) == NULL)
        return ps_says(pid, "rss", text, sizeof text) ? strtol(text, NULL, 10)
                                                      : -1;
    blank = fgets(text, sizeof text, f) ? strchr(text, ' ') : NULL;
    fclose(f); /* pages: size, and resident */
    return blank == NULL
               ? -1
               : strtol(blank, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

long descriptors_of(pid_t pid) {
    char path[64];
    long n = -2; /* . and .. */
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    if ((dir = opendir(path)) == NULL)
        return -1;
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

/* What stands in /proc/PID/stat behind its name, which may hold anything; "" when
 * it is gone, NULL where there is no /proc. */
static const char *stat_of(pid_t pid) {
    static char text[1024];
    char path[64], *name_ends;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    if ((f = fopen(path, "r")) == NULL)
        return access("/proc/self/stat", R_OK) == 0 ? "" : NULL;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    name_ends = strrchr(text, ')');
    return name_ends != NULL && name_ends[1] == ' ' ? name_ends + 2 : "";
}

char state_of(pid_t pid) {
    const char *text = stat_of(pid);

    return (char)(text == NULL ? '-' : *text == '\0' ? '?' : *text);
}

long number_in(const char *file, const char *name) {
    char line[256];
    long value = 0;
    FILE *f = fopen(file, "r");

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    if (f != NULL)
        fclose(f);
    return value;
}

long process_number(pid_t pid, const char *file, const char *name) {
    char path[400];

    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    return number_in(path, name);
}

/* --- its family ------------------------------------------------------------------- */
struct process {
    long pid, parent, group;
    char state;
    int inside;
};

/* The process of that number, in *p; 0: it is gone. */
static int look_at(long pid, struct process *p) {
    const char *text = stat_of((pid_t)pid);

    *p = (struct process){.pid = pid};
    return text != NULL &&
           sscanf(text, "%c %ld %ld", &p->state, &p->parent, &p->group) == 3;
}

/* All processes, up to most of them: by /proc, or else by ps(1). */
static size_t all_processes(struct process *all, size_t most) {
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;
    FILE *f;

    if (access("/proc/self/stat", R_OK) == 0 &&
        (dir = opendir("/proc")) != NULL) {
        while (n < most && (entry = readdir(dir)) != NULL)
            if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
                n += (size_t)look_at(strtol(entry->d_name, NULL, 10), &all[n]);
        closedir(dir);
        return n;
    }
    if ((f = popen("ps -A -o pid= -o ppid= -o pgid= -o stat=", "r")) == NULL)
        return 0;
    while (n < most &&
           fscanf(f, "%ld %ld %ld %c%*s", &all[n].pid, &all[n].parent,
                  &all[n].group, &all[n].state) == 4)
        all[n++].inside = 0;
    pclose(f);
    return n;
}

static int has_inside(const struct process *all, size_t n, long pid) {
    for (size_t i = 0; i < n; i++)
        if (all[i].pid == pid)
            return all[i].inside;
    return 0;
}

int families_are_one;

size_t family_of(pid_t pid, struct member *members, size_t most) {
    static struct process all[MOST_FAMILY];
    size_t n = all_processes(all, MOST_FAMILY), found = 0;
    int more = !families_are_one;

    for (size_t i = 0; i < n; i++)
        all[i].inside =
            all[i].pid == pid || (!families_are_one && all[i].group == pid);
    while (more) {
        more = 0;
        for (size_t i = 0; i < n; i++)
            if (!all[i].inside && has_inside(all, n, all[i].parent))
                more = all[i].inside = 1;
    }
    for (size_t i = 0; i < n && found < most; i++)
        if (all[i].inside && all[i].pid != getpid())
            members[found++] = (struct member){(pid_t)all[i].pid, all[i].state};
    return found;
}

/* The sum of what `of` says of each, of what lives. */
static double family_sum(pid_t pid, double (*of)(pid_t)) {
    static struct member members[MOST_FAMILY];
    size_t n = family_of(pid, members, MOST_FAMILY);
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        if (members[i].state != 'Z')
            sum += of(members[i].pid);
    return sum;
}

static double living_cpu_ms(pid_t pid) {
    double ms = cpu_ms_of(pid);

    return ms > 0 ? ms : 0;
}

double family_cpu_ms(pid_t pid) { return family_sum(pid, living_cpu_ms); }

static double switches(pid_t pid) {
    char name[300];
    double sum = 0;
    struct dirent *entry;
    DIR *dir;

    snprintf(name, sizeof name, "/proc/%ld/task", (long)pid);
    dir = opendir(name);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(name, sizeof name, "task/%s/status", entry->d_name);
        if (entry->d_name[0] != '.')
            sum +=
                (double)process_number(pid, name, "voluntary_ctxt_switches:");
    }
    if (dir != NULL)
        closedir(dir);
    return sum;
}

/* Processor time of children that have ended, ns: fields 16 and 17 of stat, in
 * ticks. */
static double reaped_cpu(pid_t pid) {
    const char *at = stat_of(pid);
    long ticks = 0;
    char *end;

    for (int field = 3; at != NULL && *at != '\0' && field < 18; field++) {
        if (field >= 16)
            ticks += strtol(at, &end, 10);
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return (double)ticks * 1e9 / (double)sysconf(_SC_CLK_TCK);
}

struct usage family_usage(pid_t pid) {
    struct usage u = {0};

    u.switches = (long)family_sum(pid, switches);
    u.cpu = family_sum(pid, reaped_cpu) + family_cpu_ms(pid) * 1e6;
    return u;
}

static double open_descriptors(pid_t pid) {
    long n = descriptors_of(pid);

    return n > 0 ? (double)n : 0;
}

long family_descriptors(pid_t pid) {
    return (long)family_sum(pid, open_descriptors);
}

/* Memory that stands in no file: what several share is divided among them. */
static double own_kib(pid_t pid) {
    char path[64];
    long kib;

    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)pid);
    if (access(path, R_OK) == 0)
        return (double)number_in(path, "Pss_Anon:");
    kib = memory_kib_of(pid);
    return kib > 0 ? (double)kib : 0;
}

long family_memory_kib(pid_t pid) { return (long)family_sum(pid, own_kib); }

static double private_kib(pid_t pid) {
    return (double)process_number(pid, "smaps_rollup", "Private_Dirty:");
}

long family_private_kib(pid_t pid) {
    return (long)family_sum(pid, private_kib);
}
