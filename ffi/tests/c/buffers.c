/*
 * Every text output into the caller's buffer: length queried, exactly fitting, one byte short, far too small. The
 * sanitizer or valgrind detects any write beyond a buffer.
 */
#include "check.h"

static defenderauth_key *key;
static defenderauth_connection_string *string;
static defenderauth_signer *signer;
static defenderauth_authenticator *module, *device;
static defenderauth_session *session, *saving;
static defenderauth_certificate *certificate;
static const uint8_t signature[32] = {1};

#define WRITES(name, call)                                                                                             \
    static defenderauth_result name(char *buf, size_t cap, size_t *out_len, defenderauth_error **error) { return call; }
#define PLACE buf, cap, out_len, error
#define AT DEFENDERAUTH_TEXT(RESOURCE)

WRITES(string_text, defenderauth_connection_string_to_text(string, PLACE))
WRITES(string_token, defenderauth_connection_string_sas_token(string, NOW, PLACE))
WRITES(key_text, defenderauth_key_to_base64(key, PLACE))
WRITES(token, defenderauth_sas_token(key, AT, NULL, 0, NOW, PLACE))
WRITES(policy_token, defenderauth_sas_token(key, AT, DEFENDERAUTH_TEXT("owner"), NOW, PLACE))
WRITES(to_sign, defenderauth_sas_string_to_sign(AT, NOW, PLACE))
WRITES(assembled, defenderauth_sas_assemble(AT, NULL, 0, NOW, signature, sizeof signature, PLACE))
WRITES(signed_token, defenderauth_signer_token(signer, NOW, PLACE))
WRITES(certificate_key, defenderauth_certificate_key_to_pem(certificate, PLACE))
WRITES(module_string, defenderauth_authenticator_connection_string(module, PLACE))
WRITES(module_token, defenderauth_authenticator_sas_token(module, NOW, 3600, PLACE))
WRITES(device_to_sign, defenderauth_authenticator_sas_string_to_sign(device, NOW, PLACE))
WRITES(device_token, defenderauth_authenticator_sas_assemble(device, NOW, signature, sizeof signature, PLACE))
WRITES(password, defenderauth_session_password(session, PLACE))
WRITES(secret, defenderauth_session_snapshot_secret(saving, PLACE))

static defenderauth_result (*const writers[])(char *, size_t, size_t *, defenderauth_error **) = {
    string_text,  string_token,    key_text,      token,        policy_token,   to_sign,      assembled,
    signed_token, certificate_key, module_string, module_token, device_to_sign, device_token, password,
    secret,
};

/* Without an error object, and the same token as with one. */
static void write_without_objects(void) {
    char with[DEFENDERAUTH_TEXT_CAPACITY], buf[DEFENDERAUTH_TEXT_CAPACITY];
    size_t len = 0, need = 0;
    DOES(defenderauth_sas_token(key, AT, NULL, 0, NOW, with, sizeof with, &len, error));
#define WRITE(text, size, out)                                                                                         \
    defenderauth_sas_token_from_base64(text, AT, NULL, 0, NOW, buf, size, out)
    CHECK(WRITE(DEFENDERAUTH_TEXT(KEY), 0, &need) == DEFENDERAUTH_BUFFER_TOO_SMALL && need == len);
    CHECK(WRITE(DEFENDERAUTH_TEXT(KEY), len, NULL) == DEFENDERAUTH_BUFFER_TOO_SMALL && buf[0] == 0);
    CHECK(WRITE(DEFENDERAUTH_TEXT(KEY), len + 1, NULL) == DEFENDERAUTH_OK && strcmp(buf, with) == 0);
    CHECK(WRITE(DEFENDERAUTH_TEXT("not base64"), sizeof buf, NULL) == DEFENDERAUTH_KEY_BASE64 && buf[0] == 0);
    CHECK(defenderauth_sas_token_from_base64(NULL, 3, AT, NULL, 0, NOW, buf, sizeof buf, NULL) == DEFENDERAUTH_NULL);
#undef WRITE
}

/* The buffer is on the heap and exactly this large. */
static char *room(size_t size) {
    char *buf = malloc(size);
    if (buf == NULL) {
        abort();
    }
    memset(buf, 'x', size);
    return buf;
}

static void write_with(defenderauth_result (*write)(char *, size_t, size_t *, defenderauth_error **)) {
    size_t need = 0, len = 7;
    ASKS(write(NULL, 0, &need, error));
    ASKS(write(NULL, 0, NULL, error));
    CHECK(need > 0);

    char *buf = room(need + 1);
    DOES(write(buf, need + 1, &len, error));
    CHECK(len == need && strlen(buf) == need);
    free(buf);

    buf = room(need + 100);
    DOES(write(buf, need + 100, NULL, error));
    CHECK(strlen(buf) == need);
    for (size_t i = need + 1; i < need + 100; i++) {
        CHECK(buf[i] == 'x');
    }
    CHECK(write(buf, need + 100, &len, NULL) == DEFENDERAUTH_OK && len == need);
    free(buf);

    for (size_t size = 1; size <= need; size += size < 3 || size >= need - 2 ? 1 : need - 4) {
        buf = room(size);
        len = 7;
        FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, write(buf, size, &len, error));
        CHECK(len == need && buf[0] == 0);
        free(buf);
    }

    char one = 'x';
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, write(&one, 0, &len, error));
    CHECK(one == 'x' && len == need);
    FAILS(DEFENDERAUTH_NULL, write(NULL, 5, &len, error));
    CHECK(len == 0);
    len = 7;
    FAILS(DEFENDERAUTH_ARGUMENT, write(&one, SIZE_MAX, &len, error));
    CHECK(one == 0 && len == 0);
}

static const char ANSWER[] = "{\"moduleId\":\"azureiotsecurity\",\"deviceId\":\"dev-01\",\"authentication\":{"
                             "\"type\":\"sas\",\"symmetricKey\":{\"primaryKey\":\"" KEY "\"}}}";

/* One with keys to SAVE. */
static defenderauth_session *a_saving_session(void) {
    defenderauth_sources *sources = a_source(a_device());
    defenderauth_session *made = NULL;
    DOES(defenderauth_session_new(sources, NULL, NULL, NULL, 0, NULL, 0, LATER, 5000, &made, error));
    DOES(defenderauth_session_handle_response(made, LATER, 5000, 200, NULL, 0, (const uint8_t *)ANSWER,
                                              sizeof ANSWER - 1, error));
    CHECK(defenderauth_session_poll(made) == DEFENDERAUTH_SESSION_ACTION_SAVE);
    defenderauth_sources_free(sources);
    return made;
}

/* After a failure the buffer holds an empty text. */
static void write_nothing(void) {
    char buf[8] = "xxxxxxx";
    size_t len = 7;
    FAILS(DEFENDERAUTH_NULL, defenderauth_key_to_base64(NULL, buf, sizeof buf, &len, error));
    CHECK(buf[0] == 0 && len == 0);
    strcpy(buf, "xxxxxxx");
    len = 7;
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_signer_token(signer, UINT64_MAX, buf, sizeof buf, &len, error));
    CHECK(buf[0] == 0 && len == 0);
    strcpy(buf, "xxxxxxx");
    len = 7;
    FAILS(DEFENDERAUTH_NOT_APPLICABLE,
          defenderauth_authenticator_connection_string(device, buf, sizeof buf, &len, error));
    CHECK(buf[0] == 0 && len == 0);
}

/* What a call reads must not be where it writes; it stays as it was. */
static void write_over_an_input(void) {
    char both[DEFENDERAUTH_TEXT_CAPACITY] = RESOURCE;
    size_t length = strlen(RESOURCE), len = 7;
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_sas_token(key, both, length, NULL, 0, NOW, both, sizeof both, &len, error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_sas_token(key, AT, both, 3, NOW, both + 2, sizeof both - 2, &len, error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_sas_string_to_sign(both, length, NOW, both + length - 1, sizeof both - length + 1, &len, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_sas_assemble(AT, NULL, 0, NOW, (const uint8_t *)both + 8, 32, both, 9, &len,
                                                           error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_authenticator_sas_assemble(device, NOW, (const uint8_t *)both, 32, both, 1, &len, error));
    CHECK(strcmp(both, RESOURCE) == 0 && len == 0);
    DOES(defenderauth_sas_string_to_sign(both, length, NOW, both + length, sizeof both - length, &len, error));
    CHECK(memcmp(both, RESOURCE, length) == 0 && len > length);
}

int main(void) {
    key = a_key();
    string = a_string(MODULE_STRING);
    signer = a_signer();
    certificate = a_certificate();
    module = a_module();
    device = a_tpm_device();
    session = a_session();
    saving = a_saving_session();
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        int failed = failures;
        write_with(writers[i]);
        if (failures > failed) {
            printf("that was writer %zu\n", i);
        }
    }
    write_nothing();
    write_without_objects();
    write_over_an_input();
    defenderauth_session_free(saving);
    defenderauth_session_free(session);
    defenderauth_authenticator_free(device);
    defenderauth_authenticator_free(module);
    defenderauth_certificate_free(certificate);
    defenderauth_signer_free(signer);
    defenderauth_connection_string_free(string);
    defenderauth_key_free(key);
    return outcome();
}
