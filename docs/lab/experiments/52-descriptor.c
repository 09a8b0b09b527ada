/* Claim 52: which number does a new descriptor get? */
#include "experiment.h"

int main(void) {
    predicted("the lowest number that is free, also one that was just closed");
    int first = dup(0), second = dup(0);
    need(first >= 0 && second >= 0, "dup");
    close(first);
    int next = dup(0);
    seen(second > first && next == first,
         "opened %d and %d, closed %d: the next one is %d", first, second,
         first, next);
    return outcome();
}
