/* For LD_PRELOAD: whoever calls listen, in any program, leaves a line with the
 * address that it listens on in the file LISTENS names. A socket that was never
 * bound is bound by listen itself, to all addresses: listen(2), ip(7).
 * cc -shared -fPIC listens.c -o listens.so: see exposure.bats */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int listen(int fd, int backlog) {
    int (*real)(int, int);
    struct sockaddr_storage where = {0};
    socklen_t len = sizeof where;
    char text[INET6_ADDRSTRLEN] = "?", line[INET6_ADDRSTRLEN + 16];
    const char *name = getenv("LISTENS");
    *(void **)&real = dlsym(RTLD_NEXT, "listen");
    int result = real(fd, backlog);
    int out = name ? open(name, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    getsockname(fd, (void *)&where, &len);
    if (where.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)&where)->sin_addr, text,
                  sizeof text);
    if (where.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&where)->sin6_addr, text,
                  sizeof text);
    int n = snprintf(line, sizeof line, "%s\n",
                     where.ss_family == AF_UNIX ? "unix" : text);
    if (out >= 0 && write(out, line, (size_t)n) < 0)
        perror("listens: write");
    if (out >= 0)
        close(out);
    return result;
}
