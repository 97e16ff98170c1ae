/*
 * Tokens that are renewed in time, with a loop of the program's own: from 80 % of a token's life on the next one is
 * made, at a random time, so that a fleet that was switched on together does not renew together.
 *
 * Build: cc renewal_loop.c $(pkg-config --cflags --libs defenderauth) -o renewal_loop
 * Run:   ./renewal_loop FILE [SECONDS [TOKENS]]
 *        FILE contains a module's connection string; only its owner should have read permission. SECONDS is how long each
 *        token is valid, by default one hour. The loop ends after so many TOKENS, by default never.
 */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <defenderauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The connection string, whose key may have been rotated since it was last read. */
static defenderauth_result load(const char *path, defenderauth_authenticator **out, defenderauth_error **error) {
    defenderauth_connection_string *string = NULL;
    char text[DEFENDERAUTH_TEXT_CAPACITY];
    size_t len = 0;
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
        len = fread(text, 1, sizeof text, file);
        fclose(file);
    }
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    defenderauth_result result = defenderauth_connection_string_parse(text, len, &string, error);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_module(string, NULL, NULL, (uint64_t)time(NULL), out, error);
    }
    defenderauth_wipe(text, sizeof text);
    defenderauth_connection_string_free(string);
    return result;
}

/* Hands a new token to the connection: here to standard output; an agent's MQTT client connects again with it. */
static defenderauth_result renew(const char *path, uint64_t ttl_seconds, defenderauth_error **error) {
    defenderauth_authenticator *module = NULL;
    char token[DEFENDERAUTH_TEXT_CAPACITY];
    defenderauth_result result = load(path, &module, error);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_sas_token(module, (uint64_t)time(NULL), ttl_seconds, token, sizeof token,
                                                      NULL, error);
    }
    if (result == DEFENDERAUTH_OK) {
        puts(token);
        fflush(stdout);
        defenderauth_wipe(token, sizeof token);
    }
    defenderauth_authenticator_free(module);
    return result;
}

/* Waits until the next token is due. A clock that is set meanwhile changes nothing: the time is measured from now. */
static void wait_until_due(uint64_t ttl_seconds) {
    uint64_t from = defenderauth_sas_renew_at_least_milliseconds(ttl_seconds);
    uint64_t until = defenderauth_sas_renew_at_most_milliseconds(ttl_seconds);
    uint64_t milliseconds = from + (uint64_t)rand() % (until - from + 1);
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0) {
        /* a signal came: wait for the rest */
    }
}

int main(int argc, char **argv) {
    defenderauth_error *error = NULL;
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: renewal_loop FILE [SECONDS [TOKENS]]\n");
        return 2;
    }
    uint64_t ttl_seconds = argc > 2 ? strtoull(argv[2], NULL, 10) : DEFENDERAUTH_DEFAULT_TOKEN_SECONDS;
    uint64_t tokens = argc > 3 ? strtoull(argv[3], NULL, 10) : UINT64_MAX;
    srand((unsigned)time(NULL));

    defenderauth_result result = DEFENDERAUTH_OK;
    for (uint64_t made = 0; result == DEFENDERAUTH_OK && made < tokens; made++) {
        if (made > 0) {
            wait_until_due(ttl_seconds);
        }
        result = renew(argv[1], ttl_seconds, &error);
    }
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "renewal_loop: %s\n", defenderauth_error_line(error).data);
    }
    defenderauth_error_free(error);
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
