/*
 * Registers a device with its TPM 2.0 through the built-in HTTPS driver, and creates a token for the hub, signed by
 * the TPM.
 *
 * Build: cc dps_tpm.c $(pkg-config --cflags --libs defenderauth) -o dps_tpm
 * Run:   ./dps_tpm SCOPE TPM [CAFILE HOST:PORT]        TPM: device:/dev/tpmrm0, or swtpm:path=SOCKET
 *        The last two are for tests: other trust anchors, and the address to connect to instead of the service's.
 */
#include <defenderauth.h>
#include <stdio.h>
#include <time.h>

/* Creates a profile with the registration ID derived from the TPM's endorsement key. */
static defenderauth_result describe(const char *scope, defenderauth_tpm *tpm, defenderauth_profile **out,
                                    defenderauth_error **error) {
    char id[DEFENDERAUTH_TEXT_CAPACITY];
    defenderauth_result result = defenderauth_tpm_registration_id(tpm, id, sizeof id, NULL, error);
    if (result == DEFENDERAUTH_OK) {
        fprintf(stderr, "registration ID: %s\n", id);
        result = defenderauth_profile_new(DEFENDERAUTH_TEXT(scope), DEFENDERAUTH_TEXT(id), out, error);
    }
    return result;
}

/* Registers the device itself: no module ID. */
static defenderauth_result begin(const defenderauth_profile *profile, defenderauth_tpm *tpm,
                                 defenderauth_authenticator **out, defenderauth_error **error) {
    uint8_t ek[DEFENDERAUTH_PUBLIC_CAPACITY], srk[DEFENDERAUTH_PUBLIC_CAPACITY];
    size_t ek_len, srk_len;
    defenderauth_result result = defenderauth_tpm_endorsement_key(tpm, ek, sizeof ek, &ek_len, error);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_tpm_storage_root_key(tpm, srk, sizeof srk, &srk_len, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_dps_tpm(profile, NULL, 0, ek, ek_len, srk, srk_len, NULL,
                                                        (uint64_t)time(NULL), out, error);
    }
    return result;
}

static defenderauth_result run(int argc, char **argv, defenderauth_error **error) {
    defenderauth_https *https = NULL;
    defenderauth_tpm *tpm = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_authenticator *auth = NULL;
    char token[DEFENDERAUTH_TEXT_CAPACITY];

    defenderauth_result result = defenderauth_https_new(&https, error);
    if (result == DEFENDERAUTH_OK && argc == 5) {
        result = defenderauth_https_set_ca_file(https, DEFENDERAUTH_TEXT(argv[3]), error);
    }
    if (result == DEFENDERAUTH_OK && argc == 5) {
        result = defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT(argv[4]), error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_tpm_open(DEFENDERAUTH_TEXT(argv[2]), &tpm, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = describe(argv[1], tpm, &profile, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = begin(profile, tpm, &auth, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_run(auth, https, tpm, 120000, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_tpm_sas_token(tpm, auth, (uint64_t)time(NULL), DEFENDERAUTH_DEFAULT_TOKEN_SECONDS, token,
                                            sizeof token, NULL, error);
    }
    if (result == DEFENDERAUTH_OK) {
        puts(token);
        defenderauth_wipe(token, sizeof token);
    }
    defenderauth_authenticator_free(auth);
    defenderauth_profile_free(profile);
    defenderauth_tpm_free(tpm);
    defenderauth_https_free(https);
    return result;
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: dps_tpm SCOPE TPM [CAFILE HOST:PORT]\n");
        return 2;
    }
    defenderauth_error *error = NULL;
    defenderauth_result result = run(argc, argv, &error);
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "dps_tpm: %s\n", defenderauth_error_line(error).data);
    }
    defenderauth_error_free(error);
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
