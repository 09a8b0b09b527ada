/* Chapter 03, aside: a client has connected, and nobody calls accept. select
 * reports the listener again, and again, until somebody does.
 * Plays both sides itself.
 * cc no-accept.c -o no-accept && ./no-accept [wakes, 1000]: see asides.md */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 100 /* how long select may sleep */

/* For failures that leave nothing to show. */
static void die(const char *what) {
    fprintf(stderr, "no-accept: ");
    perror(what);
    exit(1);
}

/* One line for what a call returned; -1 ends the program. */
static ssize_t narrate(const char *call, ssize_t n, const char *meaning) {
    if (n < 0)
        die(call);
    printf("%-8s -> %zd %s\n", call, n, meaning);
    return n;
}

/* Returns a socket that listens on 127.0.0.1, on a port of the kernel's choice:
 * into *addr. bind(2), listen(2), getsockname(2). */
static int open_listener(struct sockaddr_in *addr) {
    socklen_t len = sizeof *addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *addr = (struct sockaddr_in){.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &addr->sin_addr);
    if (fd < 0 || bind(fd, (void *)addr, len) < 0 ||
        listen(fd, SOMAXCONN) < 0 || getsockname(fd, (void *)addr, &len) < 0)
        die("cannot listen");
    return fd;
}

/* Is the listener ready? Sleeps until it is, but not longer than TIMEOUT_MS.
 * The set and the time limit are given anew: select may overwrite both. */
static int ready(int listener) {
    struct timeval timeout = {.tv_usec = TIMEOUT_MS * 1000};
    fd_set in;
    int n;
    FD_ZERO(&in);
    FD_SET(listener, &in);
    n = select(listener + 1, &in, NULL, NULL, &timeout);
    if (n < 0)
        die("select");
    return n;
}

/* Asks select so many times, and says what it answered. */
static void ask(int listener, long times) {
    struct timespec begin, end;
    long reported = 0, us;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long i = 0; i < times; i++)
        reported += ready(listener);
    clock_gettime(CLOCK_MONOTONIC, &end);
    us = (long)(end.tv_sec - begin.tv_sec) * 1000000 +
         (end.tv_nsec - begin.tv_nsec) / 1000;
    printf(
        "select   -> the listener is readable: %ld of %ld times, in %ld us\n",
        reported, times, us);
}

int main(int argc, char **argv) {
    struct sockaddr_in addr;
    char *arg = argc > 1 ? argv[1] : "1000", *end, buf[64];
    long wakes = strtol(arg, &end, 10);
    int help = argc == 2 && (!strcmp(arg, "-h") || !strcmp(arg, "--help"));
    int listener, client, fd;
    if (argc > 2 || *end || wakes < 1 || wakes > 1000000) {
        fprintf(help ? stdout : stderr, "usage: no-accept [wakes 1-1000000]\n");
        exit(help ? 0 : 2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, to a file too */
    alarm(60); /* whatever hangs ends */
    listener = open_listener(&addr);
    client = socket(AF_INET, SOCK_STREAM, 0);
    printf("Nobody has connected.\n");
    ask(listener, 1);
    printf("The client; accept has not been called:\n");
    narrate("connect", connect(client, (void *)&addr, sizeof addr),
            "the kernel has done the handshake");
    narrate("send", send(client, "hello\n", 6, 0), "bytes are with the kernel");
    printf("The server looks, and does not call accept:\n");
    ask(listener, wakes);
    printf("The client leaves:\n");
    narrate("close", close(client), "(done)");
    ask(listener, wakes);
    printf("The server calls accept, once:\n");
    fd = accept(listener, NULL, NULL);
    narrate("accept", fd, "a descriptor");
    ask(listener, 1);
    narrate("recv", recv(fd, buf, sizeof buf, 0), "bytes, sent before accept");
    narrate("recv", recv(fd, buf, sizeof buf, 0), "the end: the client left");
    close(fd);
    close(listener);
}
