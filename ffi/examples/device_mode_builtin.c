/*
 * Device mode with the built-in HTTPS driver: a device requests the key of its security module from the hub and
 * creates a token for that module.
 *
 * Build: cc device_mode_builtin.c $(pkg-config --cflags --libs defenderauth) -o device_mode_builtin
 * Run:   ./device_mode_builtin HUB DEVICE KEYFILE [CAFILE HOST:PORT]
 *        The last two are for tests: other trust anchors, and the address to connect to instead of the hub's.
 */
#include <defenderauth.h>
#include <stdio.h>
#include <time.h>

static defenderauth_result read_key(const char *path, defenderauth_key **out, defenderauth_error **error) {
    char text[256] = "";
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(text), out, error);
    defenderauth_wipe(text, sizeof text);
    return result;
}

static defenderauth_result run(int argc, char **argv, defenderauth_error **error) {
    defenderauth_https *https = NULL;
    defenderauth_key *key = NULL;
    defenderauth_authenticator *auth = NULL;
    char token[DEFENDERAUTH_TEXT_CAPACITY];

    defenderauth_result result = defenderauth_https_new(&https, error);
    if (result == DEFENDERAUTH_OK && argc == 6) {
        result = defenderauth_https_set_ca_file(https, DEFENDERAUTH_TEXT(argv[4]), error);
    }
    if (result == DEFENDERAUTH_OK && argc == 6) {
        result = defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT(argv[5]), error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = read_key(argv[3], &key, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_device_key(
            DEFENDERAUTH_TEXT(argv[1]), DEFENDERAUTH_TEXT(argv[2]),
            DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY), key, NULL, (uint64_t)time(NULL), &auth, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_run(auth, https, NULL, 60000, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_sas_token(auth, (uint64_t)time(NULL), DEFENDERAUTH_DEFAULT_TOKEN_SECONDS,
                                                      token, sizeof token, NULL, error);
    }
    if (result == DEFENDERAUTH_OK) {
        puts(token);
        defenderauth_wipe(token, sizeof token);
    }
    defenderauth_authenticator_free(auth);
    defenderauth_key_free(key);
    defenderauth_https_free(https);
    return result;
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: device_mode_builtin HUB DEVICE KEYFILE [CAFILE HOST:PORT]\n");
        return 2;
    }
    defenderauth_error *error = NULL;
    defenderauth_result result = run(argc, argv, &error);
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "device_mode_builtin: %s\n", defenderauth_error_line(error).data);
    }
    defenderauth_error_free(error);
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
