/*
 * Nanoseconds a call of defenderauth_signer_token: the fifth fastest of 41 runs of so many calls, as the benches of the
 * Rust code take the time. Built and run by ffi/benches/c_signer.rs; prints the figure and a token.
 *
 * c_signer KEY RESOURCE EXPIRY CALLS
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <defenderauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS 41

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    defenderauth_key *key = NULL;
    defenderauth_signer *signer = NULL;
    char token[512];
    double runs[RUNS];
    if (argc != 5 || defenderauth_key_from_base64(DEFENDERAUTH_TEXT(argv[1]), &key, NULL) != DEFENDERAUTH_OK ||
        defenderauth_signer_new(key, DEFENDERAUTH_TEXT(argv[2]), NULL, 0, &signer, NULL) != DEFENDERAUTH_OK) {
        return 2;
    }
    uint64_t expiry = strtoull(argv[3], NULL, 10);
    long calls = strtol(argv[4], NULL, 10);
    for (int run = -1; run < RUNS; run++) {
        double start = seconds();
        for (long call = 0; call < calls; call++) {
            size_t len;
            defenderauth_error *error;
            if (defenderauth_signer_token(signer, expiry, token, sizeof token, &len, &error) != DEFENDERAUTH_OK) {
                return 1;
            }
        }
        if (run >= 0) { /* the first one warms up */
            runs[run] = (seconds() - start) / (double)calls * 1e9;
        }
    }
    qsort(runs, RUNS, sizeof *runs, compare);
    printf("%.1f %s\n", runs[4], token);
    defenderauth_signer_free(signer);
    defenderauth_key_free(key);
    return 0;
}
