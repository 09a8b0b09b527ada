/* Claim 54: which addresses are a process's own, and from where on is the
 * kernel's part? */
#include "experiment.h"
#include <sys/mman.h>

#define DOCUMENTS 0xC0000000u /* 3 GiB: the border, as the documents say */
#ifdef __x86_64__
#define BORDER ((uintptr_t)1 << 47) /* 128 TiB */
/* With page tables of five levels: beyond BORDER for who asks for it. */
#define LAST ((uintptr_t)1 << 56)
#endif

/* The address that a page gets that is wanted there; 0: it cannot be had. */
static uintptr_t page_at(uintptr_t address) {
    void *page = mmap((void *)address, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return page == MAP_FAILED ? 0 : (uintptr_t)page;
}

int main(void) {
    int local = 0;
    uintptr_t data = (uintptr_t)&local, code = (uintptr_t)main;
#ifdef BORDER
    predicted("x86-64: all below 0x%llx (2^47, 128 TiB); at 3 GiB, too, it is"
              " ours",
              (unsigned long long)BORDER);
    seen(data < BORDER, "a local variable: 0x%llx", (unsigned long long)data);
    seen(code < BORDER, "main:             0x%llx", (unsigned long long)code);
    uintptr_t page = page_at(DOCUMENTS);
    int taken = page == 0 && errno == EEXIST; /* by us: with a sanitizer */
    seen(page == DOCUMENTS || taken, "a page at 3 GiB, 0xc0000000: %s",
         page == DOCUMENTS ? "we get it"
         : taken           ? "it is ours already"
                           : strerror(errno));
    if (page != 0)
        *(volatile char *)page = 'x';
    page = page_at(LAST);
    seen(page == 0, "a page at 2^56, 0x%llx: %s", (unsigned long long)LAST,
         page == 0 ? strerror(errno) : "we get it");
#else
    predicted("a border of its own for each architecture: here, see for"
              " yourself");
    seen(1, "%zu-bit addresses; a local variable: 0x%llx", sizeof(void *) * 8,
         (unsigned long long)data);
    seen(1, "main: 0x%llx; a page at 3 GiB: 0x%llx", (unsigned long long)code,
         (unsigned long long)page_at(DOCUMENTS));
#endif
    return outcome();
}
