/* For docs/lab/attack/faults: put before a server's source (cc -include), it makes
 * malloc(3) return NULL at call FIRST, and then at every EVERYth; 0: never more. */
#include <errno.h>
#include <stdlib.h>

static inline void *scarce(size_t size) {
    static int calls;
    int since = ++calls - FIRST;
    if (since == 0 || (EVERY > 0 && since > 0 && since % (EVERY + !EVERY) == 0)) {
        errno = ENOMEM;
        return NULL;
    }
    return malloc(size);
}
#define malloc scarce
