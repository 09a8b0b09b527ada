/* What the C programs of the lab share first: see base.h. */
#include "base.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SHOWN 300 /* bytes in a message, at most */

const char *this_program = "?";

uint64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

double now_ms(void) { return (double)now_ns() / 1e6; }

void nap_ms(int ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&t, NULL);
}

void quit(int status, const char *format, ...) {
    va_list ap;

    fprintf(stderr, "%s: ", this_program);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    exit(status);
}

const char *show(const char *text, size_t n, size_t most) {
    static char out[2][4 * SHOWN + 8];
    static int which;
    char *o = out[which = !which];
    size_t used = 0, end = most < SHOWN ? most : SHOWN;

    o[used++] = '"';
    for (size_t i = 0; i < n && i < end; i++) {
        if (text[i] == '\n' || text[i] == '\r')
            used += (size_t)snprintf(o + used, 5, "\\%c",
                                     text[i] == '\n' ? 'n' : 'r');
        else if (isprint((unsigned char)text[i]))
            o[used++] = text[i];
        else
            used += (size_t)snprintf(o + used, 5, "\\%03o", text[i] & 0xff);
    }
    snprintf(o + used, 6, n > end ? "...\"" : "\"");
    return o;
}

static char after_backslash(char c) {
    return (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
}

size_t expand(char *out, size_t size, const char *text, int number) {
    size_t n = 0;

    while (*text != '\0' && n < size) {
        char byte = *text++;

        if (byte == '\\' && *text >= '0' && *text <= '7') {
            unsigned value = 0;

            for (int i = 0; i < 3 && *text >= '0' && *text <= '7'; i++)
                value = value * 8 + (unsigned)(*text++ - '0');
            byte = (char)value;
        } else if (byte == '\\' && *text != '\0') {
            byte = after_backslash(*text++);
        } else if (byte == '#' && number >= 0) {
            char digits[16];
            int length = snprintf(digits, sizeof digits, "%d", number);

            for (int i = 0; i < length && n < size; i++)
                out[n++] = digits[i];
            continue;
        }
        out[n++] = byte;
    }
    return n;
}

int number_of(const char *name, const char *text, int least, int most) {
    char *end = "";
    long n = text ? strtol(text, &end, 10) : 0;

    if (text == NULL || end == text || *end || n < least || n > most)
        quit(2, "%s: a number from %d to %d", name, least, most);
    return (int)n;
}

int open_scratch(void) {
    const char *where = getenv("TMPDIR");
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/lab.XXXXXX",
             where != NULL && *where != '\0' ? where : "/tmp");
    fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    return fd;
}

struct sockaddr_in loopback(int port) {
    struct sockaddr_in addr = {.sin_family = AF_INET};

    addr.sin_port = htons((in_port_t)port);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return addr;
}
