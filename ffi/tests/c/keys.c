/*
 * Private keys: in memory, and with a function of this program.
 */
#include "check.h"
#include <pthread.h>

#define ID DEFENDERAUTH_TEXT("dev-01")
#define THREADS 8
#define ROUNDS 100

static char certificate[8192], public_key[8192], pem[8192];
static size_t certificate_len, public_key_len, pem_len;

/* What the signing function is called with, and what it does. */
typedef struct hardware {
    int result, is_signing, overlaps, signatures, releases;
    size_t len;
} hardware;

static int32_t sign(void *user_data, uint16_t scheme, const uint8_t *message, size_t message_len, uint8_t *signature,
                    size_t cap, size_t *signature_len) {
    hardware *it = user_data;
    it->overlaps += it->is_signing;
    it->is_signing = 1;
    /* Every byte of both is this function's. */
    uint8_t sum = 0;
    for (size_t i = 0; i < message_len; i++) {
        sum = (uint8_t)(sum + message[i]);
    }
    memset(signature, sum, cap);
    CHECK(scheme == DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256 && message_len > 0 && *signature_len == 0);
    *signature_len = it->len;
    it->signatures++;
    it->is_signing = 0;
    return it->result;
}

static void release(void *user_data) {
    ((hardware *)user_data)->releases++;
}

static defenderauth_private_key *a_private_key(hardware *it) {
    static const uint16_t schemes[] = {DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256};
    defenderauth_private_key *key = NULL;
    DOES(defenderauth_private_key_from_callback(public_key, public_key_len, schemes, 1, sign, release, it, &key, error));
    return key;
}

static void fails(defenderauth_result expected, const char *text, size_t len, const uint16_t *schemes, size_t count,
                  defenderauth_sign_function function) {
    hardware it = {0};
    MAKES_NONE(defenderauth_private_key, expected,
               defenderauth_private_key_from_callback(text, len, schemes, count, function, release, &it, out, error));
    CHECK(it.releases == 1 && it.signatures == 0);
}

/* What cannot be used is released at once. */
static void refused(void) {
    static const uint16_t other[] = {DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256, DEFENDERAUTH_SCHEME_RSA_PSS_SHA256};
    static const uint16_t unknown[] = {0};
    fails(DEFENDERAUTH_NULL, public_key, public_key_len, NULL, 0, NULL);
    fails(DEFENDERAUTH_NULL, NULL, 1, NULL, 0, sign);
    fails(DEFENDERAUTH_CERTIFICATE_ABSENT, "\n", 1, NULL, 0, sign);
    fails(DEFENDERAUTH_CERTIFICATE_ABSENT, pem, pem_len, NULL, 0, sign);
    fails(DEFENDERAUTH_CERTIFICATE_FORMAT, public_key, public_key_len / 2, NULL, 0, sign);
    fails(DEFENDERAUTH_UTF8, "\xff", 1, NULL, 0, sign);
    fails(DEFENDERAUTH_ARGUMENT, public_key, SIZE_MAX, NULL, 0, sign);
    fails(DEFENDERAUTH_NULL, public_key, public_key_len, NULL, 1, sign);
    fails(DEFENDERAUTH_ARGUMENT, public_key, public_key_len, other, SIZE_MAX / 2, sign);
    fails(DEFENDERAUTH_ARGUMENT, public_key, public_key_len, other, 2, sign);
    fails(DEFENDERAUTH_ARGUMENT, public_key, public_key_len, unknown, 1, sign);

    hardware it = {0};
    FAILS(DEFENDERAUTH_NULL,
          defenderauth_private_key_from_callback(public_key, public_key_len, NULL, 0, sign, release, &it, NULL, error));
    CHECK(it.releases == 1);
    defenderauth_private_key *key = NULL;
    DOES(defenderauth_private_key_from_callback(public_key, public_key_len, NULL, 0, sign, NULL, NULL, &key, error));
    CHECK(defenderauth_private_key_scheme(key, 0) == DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256);
    CHECK(defenderauth_private_key_scheme(key, 1) == 0 && defenderauth_private_key_scheme(key, SIZE_MAX) == 0);
    defenderauth_private_key_free(key);
}

/* The request that a function with this result leads to. */
static void requests(defenderauth_result expected, int result, size_t len, int is_retryable) {
    hardware it = {.result = result, .len = len};
    defenderauth_private_key *key = a_private_key(&it);
    defenderauth_certificate_request *request = before();
    defenderauth_error *error = before();
    CHECK(defenderauth_certificate_request_new(key, ID, &request, &error) == expected);
    CHECK((request != NULL) == (expected == DEFENDERAUTH_OK));
    CHECK(defenderauth_error_is_retryable(error) == is_retryable);
    CHECK(is(defenderauth_error_field(error), expected == DEFENDERAUTH_OK ? "" : "private_key"));
    defenderauth_error_free(error);
    defenderauth_private_key_free(key);
    CHECK(it.signatures == 1 && it.releases == 1 && it.overlaps == 0);
    defenderauth_certificate_request_free(request);
}

static void results(void) {
    const defenderauth_result failed = DEFENDERAUTH_PRIVATE_KEY;
    requests(DEFENDERAUTH_OK, DEFENDERAUTH_SIGN_DONE, 1, 0);
    requests(DEFENDERAUTH_OK, DEFENDERAUTH_SIGN_DONE, 1024, 0);
    requests(failed, DEFENDERAUTH_SIGN_DONE, 0, 0);
    requests(failed, DEFENDERAUTH_SIGN_DONE, 1025, 0);
    requests(failed, DEFENDERAUTH_SIGN_DONE, SIZE_MAX, 0);
    requests(failed, DEFENDERAUTH_SIGN_BUSY, 70, 1);
    requests(failed, DEFENDERAUTH_SIGN_FAILED, 70, 0);
    requests(failed, -1, 0, 0);
    requests(failed, INT32_MAX, SIZE_MAX, 0);
}

/* Objects with the key may be freed in any order. */
static void shared(void) {
    hardware it = {0};
    defenderauth_private_key *key = a_private_key(&it);
    CHECK(is(defenderauth_private_key_holder(key), "the signing function of this program"));
    defenderauth_certificate *made = NULL, *elsewhere = NULL;
    DOES(defenderauth_certificate_with_private_key(certificate, certificate_len, key, &made, error));
    defenderauth_private_key_free(key);
    CHECK(it.releases == 0 && defenderauth_certificate_has_key(made));
    CHECK(is(defenderauth_certificate_key_holder(made), "the signing function of this program"));
    CHECK(is(defenderauth_certificate_common_name(made), "dev-01"));
    char buf[8192];
    FAILS(DEFENDERAUTH_CERTIFICATE_ABSENT, defenderauth_certificate_key_to_pem(made, buf, sizeof buf, NULL, error));
    defenderauth_authenticator *device = NULL;
    DOES(defenderauth_authenticator_new_device_certificate(DEFENDERAUTH_TEXT(HUB), ID, ID, made, NULL, NOW, &device,
                                                           error));
    defenderauth_certificate_free(made);
    CHECK(it.releases == 0 && defenderauth_certificate_has_key(defenderauth_authenticator_certificate(device)));
    defenderauth_authenticator_free(device);
    CHECK(it.releases == 1 && it.signatures == 0);

    defenderauth_certificate *here = a_certificate();
    CHECK(is(defenderauth_certificate_key_holder(here), "the memory of this process"));
    DOES(defenderauth_certificate_from_pem(certificate, certificate_len, NULL, 0, &elsewhere, error));
    CHECK(is(defenderauth_certificate_key_holder(elsewhere), ""));
    defenderauth_certificate_free(elsewhere);
    defenderauth_certificate_free(here);
}

static void in_memory(void) {
    char other[8192];
    defenderauth_private_key *key = NULL;
    DOES(defenderauth_private_key_from_pem(pem, pem_len, NULL, 0, &key, error));
    CHECK(defenderauth_private_key_scheme(key, 0) == DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256);
    defenderauth_certificate *made = NULL;
    DOES(defenderauth_certificate_with_private_key(certificate, certificate_len, key, &made, error));
    CHECK(defenderauth_certificate_has_key(made));
    defenderauth_certificate_free(made);
    size_t len = data("sha1.certificate.pem", other, sizeof other);
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_KEY,
               defenderauth_certificate_with_private_key(other, len, key, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_ABSENT,
               defenderauth_certificate_with_private_key(pem, pem_len, key, out, error));
    MAKES_NONE(defenderauth_certificate_request, DEFENDERAUTH_IDENTIFIER,
               defenderauth_certificate_request_new(key, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate_request, DEFENDERAUTH_IDENTIFIER,
               defenderauth_certificate_request_new(key, "a\n", 2, out, error));
    MAKES_NONE(defenderauth_certificate_request, DEFENDERAUTH_IDENTIFIER,
               defenderauth_certificate_request_new(key, certificate, 65, out, error));
    defenderauth_private_key_free(key);

    len = data("p256.encrypted.pem", other, sizeof other);
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_private_key_from_pem(other, len, NULL, 0, out, error));
    DOES(defenderauth_private_key_from_pem(other, len, DEFENDERAUTH_TEXT("orchid"), &key, error));
    defenderauth_private_key_free(key);
    len = data("ed25519.pem", other, sizeof other);
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_private_key_from_pem(other, len, NULL, 0, out, error));
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_CERTIFICATE_ABSENT,
               defenderauth_private_key_from_pem(certificate, certificate_len, NULL, 0, out, error));
}

/* A key by its name. */
static void names(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/p256.encrypted.pem", DATA);
    defenderauth_private_key *key = NULL;
    defenderauth_certificate *made = NULL;
    DOES(defenderauth_private_key_open(DEFENDERAUTH_TEXT(path), DEFENDERAUTH_TEXT("orchid"), &key, error));
    CHECK(defenderauth_private_key_scheme(key, 0) == DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256);
    defenderauth_private_key_free(key);
    DOES(defenderauth_certificate_with_key_uri(certificate, certificate_len, DEFENDERAUTH_TEXT(path),
                                               DEFENDERAUTH_TEXT("orchid"), &made, error));
    CHECK(is(defenderauth_certificate_key_holder(made), "the memory of this process"));
    defenderauth_certificate_free(made);
    static const char *const none[] = {"", "unix:", "tpm:", "tpm:handle=0x1", "http:", "a\nb"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_ARGUMENT,
                   defenderauth_private_key_open(DEFENDERAUTH_TEXT(none[i]), NULL, 0, out, error));
        MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_ARGUMENT,
                   defenderauth_certificate_with_key_uri(certificate, certificate_len, DEFENDERAUTH_TEXT(none[i]), NULL, 0,
                                                         out, error));
    }
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_UTF8, defenderauth_private_key_open("\xff", 1, NULL, 0, out, error));
    /* Windows has no such sockets. */
#ifdef _WIN32
    const defenderauth_result no_socket = DEFENDERAUTH_UNSUPPORTED;
#else
    const defenderauth_result no_socket = DEFENDERAUTH_PRIVATE_KEY;
#endif
    MAKES_NONE(defenderauth_private_key, no_socket,
               defenderauth_private_key_open(DEFENDERAUTH_TEXT("unix:/nowhere/s"), NULL, 0, out, error));
}

/* The same with what is set apart from the name. */
static void openers(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/p256.encrypted.pem", DATA);
    defenderauth_opener *opener = NULL;
    defenderauth_private_key *key = NULL;
    DOES(defenderauth_opener_new(&opener, error));
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_private_key_open_with(opener, DEFENDERAUTH_TEXT(path), out, error));
    DOES(defenderauth_opener_set_passphrase(opener, DEFENDERAUTH_TEXT("other"), error));
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_private_key_open_with(opener, DEFENDERAUTH_TEXT(path), out, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_opener_set_passphrase(opener, NULL, 1, error));
    DOES(defenderauth_opener_set_passphrase(opener, DEFENDERAUTH_TEXT("orchid"), error));
    FAILS(DEFENDERAUTH_TPM_ACCESS, defenderauth_opener_set_tpm(opener, DEFENDERAUTH_TEXT("none:"), error));
    DOES(defenderauth_opener_set_tpm(opener, DEFENDERAUTH_TEXT("swtpm:path=/nowhere/s"), error));
    static const uint8_t password[65] = "owned";
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_opener_set_owner_password(opener, password, 65, error));
    DOES(defenderauth_opener_set_owner_password(opener, password, 64, error));
    DOES(defenderauth_private_key_open_with(opener, DEFENDERAUTH_TEXT(path), &key, error));
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_TPM_ACCESS,
               defenderauth_private_key_open_with(opener, DEFENDERAUTH_TEXT("tpm:handle=0x81000005"), out, error));
    MAKES_NONE(defenderauth_private_key, DEFENDERAUTH_ARGUMENT,
               defenderauth_private_key_open_with(opener, NULL, 0, out, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_private_key_open_with(opener, DEFENDERAUTH_TEXT(path), NULL, error));
    defenderauth_opener_free(opener);
    CHECK(defenderauth_private_key_scheme(key, 0) == DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256);
    defenderauth_private_key_free(key);
}

/* A request is written to buffers of every size around its length. */
static void buffers(void) {
    hardware it = {.len = 70};
    defenderauth_private_key *key = a_private_key(&it);
    defenderauth_certificate_request *request = NULL;
    DOES(defenderauth_certificate_request_new(key, ID, &request, error));
    char text[4096];
    uint8_t der[4096];
    size_t der_len = 7, base64_len = 7, text_len = 7;
    ASKS(defenderauth_certificate_request_to_der(request, NULL, 0, &der_len, error));
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, defenderauth_certificate_request_to_der(request, der, der_len - 1, NULL, error));
    DOES(defenderauth_certificate_request_to_der(request, der, der_len, NULL, error));
    CHECK(der[0] == 0x30 && der_len > 150);
    ASKS(defenderauth_certificate_request_to_base64(request, NULL, 0, &base64_len, error));
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL,
          defenderauth_certificate_request_to_base64(request, text, base64_len, NULL, error));
    CHECK(text[0] == '\0' && base64_len == (der_len + 2) / 3 * 4);
    DOES(defenderauth_certificate_request_to_base64(request, text, base64_len + 1, NULL, error));
    CHECK(strlen(text) == base64_len && text[0] == 'M');
    DOES(defenderauth_certificate_request_to_pem(request, text, sizeof text, &text_len, error));
    CHECK(strncmp(text, "-----BEGIN CERTIFICATE REQUEST-----\n", 36) == 0 && strlen(text) == text_len);
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, defenderauth_certificate_request_to_pem(request, text, text_len, NULL, error));
    CHECK(it.signatures == 1);
    defenderauth_certificate_request_free(request);
    defenderauth_private_key_free(key);
}

static void nulls(void) {
    const defenderauth_result none = DEFENDERAUTH_NULL;
    uint8_t der[16];
    char text[16];
    FAILS(none, defenderauth_private_key_from_pem(pem, pem_len, NULL, 0, NULL, error));
    MAKES_NONE(defenderauth_private_key, none, defenderauth_private_key_from_pem(NULL, 1, NULL, 0, out, error));
    MAKES_NONE(defenderauth_private_key, none, defenderauth_private_key_from_pem(pem, pem_len, NULL, 1, out, error));
    MAKES_NONE(defenderauth_certificate, none,
               defenderauth_certificate_with_private_key(certificate, certificate_len, NULL, out, error));
    MAKES_NONE(defenderauth_private_key, none, defenderauth_private_key_open(NULL, 1, NULL, 0, out, error));
    MAKES_NONE(defenderauth_private_key, none, defenderauth_private_key_open("a", 1, NULL, 1, out, error));
    FAILS(none, defenderauth_private_key_open("a", 1, NULL, 0, NULL, error));
    MAKES_NONE(defenderauth_certificate, none,
               defenderauth_certificate_with_key_uri(NULL, 1, "a", 1, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, none,
               defenderauth_certificate_with_key_uri(certificate, certificate_len, NULL, 1, NULL, 0, out, error));
    FAILS(none, defenderauth_certificate_with_key_uri(certificate, certificate_len, "a", 1, NULL, 0, NULL, error));
    MAKES_NONE(defenderauth_certificate_request, none, defenderauth_certificate_request_new(NULL, ID, out, error));
    FAILS(none, defenderauth_certificate_request_to_der(NULL, der, sizeof der, NULL, error));
    FAILS(none, defenderauth_certificate_request_to_base64(NULL, text, sizeof text, NULL, error));
    FAILS(none, defenderauth_certificate_request_to_pem(NULL, text, sizeof text, NULL, error));
    CHECK(is(defenderauth_private_key_holder(NULL), "") && defenderauth_private_key_scheme(NULL, 0) == 0);
    CHECK(is(defenderauth_certificate_key_holder(NULL), ""));
    defenderauth_private_key_free(NULL);
    defenderauth_certificate_request_free(NULL);
}

static void *hammer(void *argument) {
    const defenderauth_private_key *key = argument;
    size_t wrong = 0;
    for (int round = 0; round < ROUNDS; round++) {
        defenderauth_certificate_request *request = NULL;
        wrong += defenderauth_certificate_request_new(key, ID, &request, NULL) != DEFENDERAUTH_OK;
        defenderauth_certificate_request_free(request);
    }
    return wrong == 0 ? NULL : argument;
}

/* The function is called once at a time, whatever the threads do. */
static void threads(void) {
    hardware it = {.len = 70};
    defenderauth_private_key *key = a_private_key(&it);
    pthread_t workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&workers[i], NULL, hammer, key) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        CHECK(pthread_join(workers[i], &wrong) == 0 && wrong == NULL);
    }
    defenderauth_private_key_free(key);
    CHECK(it.signatures == THREADS * ROUNDS && it.overlaps == 0 && it.releases == 1);
}

int main(void) {
    certificate_len = data("p256.certificate.pem", certificate, sizeof certificate);
    public_key_len = data("p256.public.pem", public_key, sizeof public_key);
    pem_len = data("p256.pkcs8.pem", pem, sizeof pem);
    refused();
    results();
    shared();
    in_memory();
    names();
    openers();
    buffers();
    nulls();
    threads();
    return outcome();
}
