/*
 * Device mode with the program's own HTTP client, here libcurl 7.84 or later: a device requests the key of its security
 * module from the hub and creates a token for that module. The HTTP client is in curl_http.c.
 *
 * Build: cc device_mode.c curl_http.c $(pkg-config --cflags --libs defenderauth libcurl) -o device_mode
 * Run:   ./device_mode HUB DEVICE KEYFILE [CAFILE HOST:PORT]
 *        The last two are for tests: other trust anchors, and the address to connect to instead of the hub's.
 */
#include "curl_http.h"

#include <stdio.h>
#include <time.h>

static defenderauth_result run(char **argv, curl_http *http, defenderauth_error **error) {
    defenderauth_key *key = NULL;
    char text[256] = "", token[DEFENDERAUTH_TEXT_CAPACITY];
    FILE *file = fopen(argv[3], "rb");
    if (file != NULL) {
        setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(text), &key, error);
    defenderauth_wipe(text, sizeof text);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_device_key(
            DEFENDERAUTH_TEXT(argv[1]), DEFENDERAUTH_TEXT(argv[2]),
            DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY), key, NULL, (uint64_t)time(NULL), &http->auth,
            error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = curl_http_run(http, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_sas_token(http->auth, (uint64_t)time(NULL),
                                                      DEFENDERAUTH_DEFAULT_TOKEN_SECONDS, token, sizeof token, NULL,
                                                      error);
    }
    if (result == DEFENDERAUTH_OK) {
        puts(token);
        defenderauth_wipe(token, sizeof token);
    }
    defenderauth_authenticator_free(http->auth);
    defenderauth_key_free(key);
    return result;
}

int main(int argc, char **argv) {
    static curl_http http;
    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: device_mode HUB DEVICE KEYFILE [CAFILE HOST:PORT]\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    http.curl = curl_easy_init();
    http.ca_file = argc == 6 ? argv[4] : NULL;
    http.connect_to = argc == 6 ? argv[5] : NULL;
    defenderauth_error *error = NULL;
    defenderauth_result result = run(argv, &http, &error);
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "device_mode: %s\n", curl_http_why(&http, error));
    }
    defenderauth_error_free(error);
    curl_easy_cleanup(http.curl);
    curl_global_cleanup();
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
