/*
 * Registration by an X.509 certificate with the program's own HTTP client, here libcurl 7.84 or later, to which the
 * certificate and its key are given from memory (CURLOPT_SSLCERT_BLOB, CURLOPT_SSLKEY_BLOB). The HTTP client is in
 * curl_http.c.
 *
 * Build: cc x509_curl.c curl_http.c $(pkg-config --cflags --libs defenderauth libcurl) -o x509_curl
 * Run:   ./x509_curl SCOPE REGISTRATION_ID PEMFILE [CAFILE HOST:PORT]
 *        PEMFILE has the certificate, its intermediates and its private key. The last two are for tests: other trust
 *        anchors, and the address to connect to instead of the provisioning service's.
 */
#include "curl_http.h"

#include <stdio.h>
#include <time.h>

/* What the services would reject is found before anything is sent. */
static void print_findings(const defenderauth_certificate *certificate, const char *id) {
    uint32_t findings =
        defenderauth_certificate_findings(certificate, (uint64_t)time(NULL), DEFENDERAUTH_TEXT(id));
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        if ((findings & bit) != 0) {
            fprintf(stderr, "warning: %s\n", defenderauth_certificate_finding_string(bit));
        }
    }
}

static defenderauth_result load(const char *path, defenderauth_certificate **out, defenderauth_error **error) {
    static char pem[65536];
    FILE *file = fopen(path, "rb");
    size_t len = 0;
    if (file != NULL) {
        setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
        len = fread(pem, 1, sizeof pem, file);
        fclose(file);
    }
    defenderauth_result result = defenderauth_certificate_from_pem(pem, len, NULL, 0, out, error);
    defenderauth_wipe(pem, sizeof pem);
    return result;
}

static defenderauth_result run(char **argv, curl_http *http, defenderauth_error **error) {
    defenderauth_certificate *certificate = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_result result = load(argv[3], &certificate, error);
    if (result == DEFENDERAUTH_OK) {
        print_findings(certificate, argv[2]);
        result = defenderauth_profile_new(DEFENDERAUTH_TEXT(argv[1]), DEFENDERAUTH_TEXT(argv[2]), &profile, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_dps_certificate(profile, NULL, 0, certificate, NULL,
                                                                (uint64_t)time(NULL), &http->auth, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = curl_http_run(http, error);
    }
    if (result == DEFENDERAUTH_OK) { /* over MQTT the certificate is the login: there is no password */
        printf("connect to %s as %s\n", defenderauth_authenticator_mqtt_host_name(http->auth).data,
               defenderauth_authenticator_mqtt_user_name(http->auth).data);
    }
    defenderauth_authenticator_free(http->auth);
    defenderauth_profile_free(profile);
    defenderauth_certificate_free(certificate);
    return result;
}

int main(int argc, char **argv) {
    static curl_http http;
    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: x509_curl SCOPE REGISTRATION_ID PEMFILE [CAFILE HOST:PORT]\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    http.curl = curl_easy_init();
    http.ca_file = argc == 6 ? argv[4] : NULL;
    http.connect_to = argc == 6 ? argv[5] : NULL;
    defenderauth_error *error = NULL;
    defenderauth_result result = run(argv, &http, &error);
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "x509_curl: %s\n", curl_http_why(&http, error));
    }
    defenderauth_error_free(error);
    curl_easy_cleanup(http.curl);
    curl_global_cleanup();
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
