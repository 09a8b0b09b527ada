/* Claim 55: can a process read the kernel's memory? */
#include "experiment.h"
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifdef __x86_64__
#define KERNEL ((uintptr_t)0xffffffff81000000) /* its code begins near here */
#else
#define KERNEL (UINTPTR_MAX - 0xffffff) /* in the highest 16 MiB */
#endif
#define READ_IT 7 /* the status of a child that has read */

/* A child reads one byte at this address. Returns how it ended: wait(2). */
static int end_of_reader(uintptr_t address) {
    int status;
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler of its own */
        volatile const char *byte = (const char *)address;
        (void)*byte;
        _exit(READ_IT);
    }
    need(waitpid(pid, &status, 0) == pid, "waitpid");
    return status;
}

int main(void) {
    int ends[2], own = 1;
    predicted("a read there ends a process with SIGSEGV; a system call says"
              " EFAULT");
    int status = end_of_reader((uintptr_t)&own);
    seen(WIFEXITED(status) && WEXITSTATUS(status) == READ_IT,
         "a child reads its own memory, 0x%llx: it ends with status %d",
         (unsigned long long)(uintptr_t)&own, WEXITSTATUS(status));
    status = end_of_reader(KERNEL);
    seen(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
         "a child reads the kernel's,   0x%llx: %s %d%s",
         (unsigned long long)KERNEL,
         WIFSIGNALED(status) ? "ended by signal" : "it ends with status",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
         WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? " (SIGSEGV)"
                                                            : "");
    need(pipe(ends) == 0, "pipe");
    /* Not through the C library's write: a sanitizer would read it first. */
    long n = syscall(SYS_write, ends[1], KERNEL, (size_t)1);
    seen(n < 0 && errno == EFAULT,
         "write, with that address for its buffer: %ld %s", n,
         n < 0 ? strerror(errno) : "");
    return outcome();
}
