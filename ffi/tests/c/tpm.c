/*
 * A TPM: byte outputs into buffers, and invalid calls. tpm ENDPOINT
 */
#include "check.h"

static const uint8_t bytes[32] = {1};
static char buf[DEFENDERAUTH_TEXT_CAPACITY];
#define INTO buf, sizeof buf, NULL, error

static void write_with(defenderauth_result (*write)(defenderauth_tpm *, uint8_t *, size_t, size_t *,
                                                    defenderauth_error **),
                       defenderauth_tpm *tpm) {
    size_t need = 0, len = 7;
    ASKS(write(tpm, NULL, 0, &need, error));
    CHECK(need > 0 && need <= DEFENDERAUTH_PUBLIC_CAPACITY);
    uint8_t *buffer = malloc(need + 1);
    if (buffer == NULL) {
        abort();
    }
    buffer[need] = 'x';
    DOES(write(tpm, buffer, need, &len, error));
    CHECK(len == need && buffer[need] == 'x');
    free(buffer);

    buffer = malloc(need - 1);
    if (buffer == NULL) {
        abort();
    }
    len = 7;
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, write(tpm, buffer, need - 1, &len, error));
    CHECK(len == need);
    FAILS(DEFENDERAUTH_NULL, write(tpm, NULL, 1, &len, error));
    CHECK(len == 0);
    FAILS(DEFENDERAUTH_ARGUMENT, write(tpm, buffer, SIZE_MAX, NULL, error));
    free(buffer);
}

static void tokens(defenderauth_tpm *tpm) {
    defenderauth_authenticator *module = a_module(), *device = a_device();
    FAILS(DEFENDERAUTH_NULL, defenderauth_tpm_sas_token(tpm, NULL, NOW, 3600, INTO));
    FAILS(DEFENDERAUTH_NOT_APPLICABLE, defenderauth_tpm_sas_token(tpm, module, NOW, 3600, INTO));
    FAILS(DEFENDERAUTH_STATE, defenderauth_tpm_sas_token(tpm, device, NOW, 3600, INTO));
    defenderauth_authenticator_free(device);
    device = a_tpm_device();
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_sas_token(tpm, device, NOW, 0, INTO));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_sas_token(tpm, device, UINT64_MAX, 1, INTO));
    CHECK(buf[0] == 0);
    defenderauth_authenticator_free(device);
    defenderauth_authenticator_free(module);
}

int main(int argc, char **argv) {
    defenderauth_tpm *tpm = NULL;
    size_t len = 0;
    if (argc != 2) {
        return 2;
    }
    MAKES_NONE(defenderauth_tpm, DEFENDERAUTH_TPM_ACCESS,
               defenderauth_tpm_open(DEFENDERAUTH_TEXT("nonsense"), out, error));
    MAKES_NONE(defenderauth_tpm, DEFENDERAUTH_TPM_ACCESS,
               defenderauth_tpm_open(DEFENDERAUTH_TEXT("swtpm:path=/nowhere"), out, error));
    DOES(defenderauth_tpm_open(DEFENDERAUTH_TEXT(argv[1]), &tpm, error));
    write_with(defenderauth_tpm_endorsement_key, tpm);
    write_with(defenderauth_tpm_storage_root_key, tpm);
    DOES(defenderauth_tpm_registration_id(tpm, buf, sizeof buf, &len, error));
    CHECK(len > 0 && strlen(buf) == len);
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, defenderauth_tpm_registration_id(tpm, buf, len, &len, error));
    CHECK(buf[0] == 0);

    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_set_endorsement_handle(tpm, 1, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_set_storage_handle(tpm, 0x81010001, error));

    uint8_t signature[DEFENDERAUTH_SIGNATURE_CAPACITY];
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_sign(tpm, 0, bytes, 32, signature, sizeof signature, &len, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_sign(tpm, 3, bytes, 32, signature, sizeof signature, &len, error));
    FAILS(DEFENDERAUTH_NULL,
          defenderauth_tpm_sign(tpm, DEFENDERAUTH_KEY_USE_HUB, NULL, 32, signature, sizeof signature, &len, error));
    CHECK(len == 0);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_activate(tpm, 0, bytes, 32, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_tpm_activate(tpm, DEFENDERAUTH_KEY_USE_HUB, NULL, 32, error));
    FAILS(DEFENDERAUTH_TPM_BLOB, defenderauth_tpm_activate(tpm, DEFENDERAUTH_KEY_USE_HUB, bytes, 32, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_tpm_set_identity_handle(tpm, 0, error));
    DOES(defenderauth_tpm_set_identity_handle(tpm, 0x81000200, error));
    tokens(tpm);
    defenderauth_driver *driver = NULL;
    DOES(defenderauth_driver_new(&driver, error));
    DOES(defenderauth_driver_give_tpm(driver, tpm, error));
    defenderauth_driver_free(driver);
    tpm = NULL;
    DOES(defenderauth_tpm_open(DEFENDERAUTH_TEXT(argv[1]), &tpm, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_driver_give_tpm(NULL, tpm, error));
    return outcome();
}
