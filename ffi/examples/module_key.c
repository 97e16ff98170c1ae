/*
 * Creates a token for the hub from a module's connection string.
 *
 * Build: cc module_key.c $(pkg-config --cflags --libs defenderauth) -o module_key
 * Run:   ./module_key FILE        FILE contains the connection string; only its owner should have read permission
 */
#include <defenderauth.h>
#include <stdio.h>
#include <time.h>

static int run(const char *text, size_t len, defenderauth_error **error) {
    defenderauth_connection_string *string = NULL;
    defenderauth_authenticator *module = NULL;
    char token[DEFENDERAUTH_TEXT_CAPACITY];
    uint64_t now = (uint64_t)time(NULL);

    defenderauth_result result = defenderauth_connection_string_parse(text, len, &string, error);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_module(string, NULL, NULL, now, &module, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_sas_token(module, now, DEFENDERAUTH_DEFAULT_TOKEN_SECONDS, token,
                                                      sizeof token, NULL, error);
    }
    if (result == DEFENDERAUTH_OK) {
        puts(token);
        defenderauth_wipe(token, sizeof token);
    }
    defenderauth_authenticator_free(module);
    defenderauth_connection_string_free(string);
    return result == DEFENDERAUTH_OK ? 0 : 1;
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: module_key FILE (a readable file)\n");
        return 2;
    }
    char text[DEFENDERAUTH_TEXT_CAPACITY];
    setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }

    defenderauth_error *error = NULL;
    int status = run(text, len, &error);
    defenderauth_wipe(text, sizeof text);
    if (status != 0) {
        fprintf(stderr, "module_key: %s\n", defenderauth_error_line(error).data);
    }
    defenderauth_error_free(error);
    return status;
}
