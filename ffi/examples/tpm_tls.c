/* Requests a certificate whose private key stays in a TPM 2.0 (or another place), and registers with it.
 * Run: ./tpm_tls KEY ID > request.pem   ./tpm_tls KEY ID SCOPE CHAIN CAFILE HOST:PORT
 * KEY: a file made by `openssl genpkey -provider tpm2`, tpm:handle=0x81000005, unix:/run/signer.sock, .. */
#include <defenderauth.h>
#include <stdio.h>
#include <time.h>
#define ARGUMENT(n) DEFENDERAUTH_TEXT(argc > n ? argv[n] : "")
#define STEP(call) (result = result == DEFENDERAUTH_OK ? (call) : result)

int main(int argc, char **argv) {
    char text[8192] = "";
    defenderauth_error *error = NULL;
    defenderauth_private_key *key = NULL;
    defenderauth_certificate_request *request = NULL;
    defenderauth_certificate *certificate = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_authenticator *auth = NULL;
    defenderauth_https *https = NULL;
    defenderauth_result result = defenderauth_private_key_open(ARGUMENT(1), NULL, 0, &key, &error);
    if (argc <= 3) {
        STEP(defenderauth_certificate_request_new(key, ARGUMENT(2), &request, &error));
        STEP(defenderauth_certificate_request_to_pem(request, text, sizeof text, NULL, &error));
    } else {
        size_t len = freopen(argv[4], "rb", stdin) != NULL ? fread(text, 1, sizeof text, stdin) : 0;
        STEP(defenderauth_certificate_with_private_key(text, len, key, &certificate, &error));
        STEP(defenderauth_profile_new(ARGUMENT(3), ARGUMENT(2), &profile, &error));
        STEP(defenderauth_authenticator_new_dps_certificate(profile, 0, 0, certificate, 0, (uint64_t)time(NULL), &auth,
                                                            &error));
        STEP(defenderauth_https_new(&https, &error));
        STEP(defenderauth_https_set_ca_file(https, ARGUMENT(5), &error));
        STEP(defenderauth_https_set_connect_to(https, ARGUMENT(6), &error));
        STEP(defenderauth_authenticator_run(auth, https, NULL, 60000, &error));
    }
    printf("%s", result != DEFENDERAUTH_OK ? "" : argc <= 3 ? text : defenderauth_authenticator_host_name(auth).data);
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "tpm_tls: %s\n", defenderauth_error_line(error).data);
    }
    defenderauth_error_free(error);
    defenderauth_https_free(https);
    defenderauth_authenticator_free(auth);
    defenderauth_profile_free(profile);
    defenderauth_certificate_free(certificate);
    defenderauth_certificate_request_free(request);
    defenderauth_private_key_free(key); /* the last object with the key flushes it from the TPM */
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
