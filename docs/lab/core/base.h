/* What the C programs of the lab share first: the clock, the words of messages,
 * the numbers of a command line, an address. Portable: POSIX.1-2008. */
#ifndef CORE_BASE_H
#define CORE_BASE_H
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* The name in front of messages. Each program sets it first. */
extern const char *this_program;

/* The time since some moment, which nobody sets back. */
uint64_t now_ns(void);
double now_ms(void);
void nap_ms(int ms);

/* One line on stderr, with the program's name in front; then the end. */
void quit(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* Bytes for a message, in quotes: what is not printable as \n, \r or octal, so
 * that it can be typed again; most of them at most, then "...". Each result lasts
 * until the call after the next one. */
const char *show(const char *text, size_t n, size_t most);

/* The bytes that text means: \n \r \t \\ and octal numbers (\0, \004) are escapes,
 * and # is the number, if that is not negative. Writes at most size of them;
 * returns how many. */
size_t expand(char *out, size_t size, const char *text, int number);

/* The number in text, from least to most; else the end with status 2, and one line
 * that begins with name. NULL is no number. */
int number_of(const char *name, const char *text, int least, int most);

/* A file for the moment, which has no name and goes with us: its descriptor, or -1. */
int open_scratch(void);

/* That port of 127.0.0.1. */
struct sockaddr_in loopback(int port);
#endif
