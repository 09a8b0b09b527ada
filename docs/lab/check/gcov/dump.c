/* Linked to the programs that `make check coverage` builds, and only to those. gcov's
 * counts are in memory, and go into a file when a program calls exit: our servers
 * never do, they are ended by a signal. So here SIGTERM and its like are caught,
 * the counts are written, and then the signal ends the program after all.
 *
 * A client that catches SIGTERM itself, to put stdin right, ends by raise(3): the
 * linker (--wrap=raise) sends that call here first. gcov(1), "Cross-profiling". */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void); /* of libgcov: writes all counts, now */
void __gcov_reset(void);
int __real_raise(int number);
int __wrap_raise(int number);

int __wrap_raise(int number) {
    int result;
    __gcov_dump();
    result = __real_raise(number);
    __gcov_reset(); /* it was a stop, and goes on: count again, from 0 */
    return result;
}

/* A server that is out of descriptors could not open the file of the counts. */
static void dump(int number) {
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    __gcov_dump();
    signal(number, SIG_DFL);
    __real_raise(number);
}

__attribute__((constructor)) static void begin(void) {
    const int all[] = {SIGTERM, SIGINT, SIGALRM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct sigaction action = {.sa_handler = dump};
        struct sigaction old;
        sigaction(all[i], NULL, &old);
        if (old.sa_handler == SIG_DFL)
            sigaction(all[i], &action, NULL);
    }
}
