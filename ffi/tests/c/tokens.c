/*
 * Tokens that were made elsewhere, and the keys of many devices.
 */
#include "check.h"

static char buf[DEFENDERAUTH_TEXT_CAPACITY];
#define INTO buf, sizeof buf, NULL, error
#define HOST DEFENDERAUTH_TEXT(HUB)
#define DEVICE DEFENDERAUTH_TEXT("dev-01")

static defenderauth_token *a_token(const char *text) {
    defenderauth_token *token = NULL;
    DOES(defenderauth_token_parse(DEFENDERAUTH_TEXT(text), &token, error));
    return token;
}

static void reading(void) {
    defenderauth_key *key = a_key();
    DOES(defenderauth_sas_token(key, DEFENDERAUTH_TEXT(RESOURCE), DEFENDERAUTH_TEXT("device"), NOW, INTO));
    defenderauth_key_free(key);
    defenderauth_token *token = a_token(buf);
    CHECK(is(defenderauth_token_resource(token), RESOURCE));
    CHECK(is(defenderauth_token_audience(token), HUB "%2Fdevices%2Fdev-01"));
    CHECK(is(defenderauth_token_policy(token), "device"));
    CHECK(defenderauth_token_expiry(token) == NOW && !defenderauth_token_is_encoded_twice(token));
    CHECK(defenderauth_token_problem_count(token) == 0 && is(defenderauth_token_problem(token, 0), ""));
    CHECK(defenderauth_token_is_good_for(token, HOST, DEVICE, NULL, 0));
    CHECK(defenderauth_token_is_good_for(token, HOST, DEVICE, DEFENDERAUTH_TEXT("m")));
    CHECK(!defenderauth_token_is_good_for(token, HOST, DEFENDERAUTH_TEXT("Dev-01"), NULL, 0));
    CHECK(!defenderauth_token_is_good_for(token, NULL, 1, DEVICE, NULL, 0));
    CHECK(!defenderauth_token_is_good_for(token, HOST, NULL, 0, NULL, 0));
    CHECK(defenderauth_token_renew_from(token, NOW - 3600) == NOW - 720);
    CHECK(defenderauth_token_renew_until(token, NOW - 3600) == NOW - 540);
    CHECK(defenderauth_token_renew_from(token, UINT64_MAX) == UINT64_MAX);
    defenderauth_token_free(token);

    token = a_token("SharedAccessSignature se=1700000000000&sig=a+b&sr=https%253A%252F%252Fa\r\n");
    CHECK(defenderauth_token_is_encoded_twice(token) && defenderauth_token_problem_count(token) == 3);
    for (size_t i = 0; i < 3; i++) {
        CHECK(defenderauth_token_problem(token, i).len > 20);
    }
    CHECK(is(defenderauth_token_policy(token), ""));
    defenderauth_token_free(token);

    token = a_token("SharedAccessSignature sr=a%ff&sig=x&se=1700000000");
    CHECK(is(defenderauth_token_resource(token), "") && is(defenderauth_token_audience(token), "a%ff"));
    defenderauth_token_free(token);

    static const char *const bad[] = {"", "a", "SharedAccessSignature ", "SharedAccessSignature sr=a&sig=b",
                                      "SharedAccessSignature sr=a&sig=b&se=c", "SharedAccessSignature sr=a&sr=a&se=1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        MAKES_NONE(defenderauth_token, DEFENDERAUTH_SAS_TOKEN,
                   defenderauth_token_parse(DEFENDERAUTH_TEXT(bad[i]), out, error));
    }
    MAKES_NONE(defenderauth_token, DEFENDERAUTH_NULL, defenderauth_token_parse(NULL, 1, out, error));
    MAKES_NONE(defenderauth_token, DEFENDERAUTH_UTF8, defenderauth_token_parse("\xff", 1, out, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_token_parse(DEFENDERAUTH_TEXT(buf), NULL, error));
}

static void verifying(void) {
    defenderauth_key *key = a_key(), *other = NULL;
    DOES(defenderauth_key_derive(key, DEVICE, &other, error));
    DOES(defenderauth_sas_token(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW, INTO));
    defenderauth_token *token = a_token(buf);
    DOES(defenderauth_token_verify(token, key, NOW - 1, 0, error));
    FAILS(DEFENDERAUTH_TOKEN_EXPIRED, defenderauth_token_verify(token, key, NOW, 0, error));
    DOES(defenderauth_token_verify(token, key, NOW, 1, error));
    DOES(defenderauth_token_verify(token, key, NOW + 60, UINT64_MAX, error));
    FAILS(DEFENDERAUTH_SAS_TOKEN, defenderauth_token_verify(token, other, NOW - 1, 0, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_token_verify(token, key, UINT64_C(253402300800), 0, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_token_verify(NULL, key, NOW, 0, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_token_verify(token, NULL, NOW, 0, error));
    defenderauth_token_free(token);

    /* The first byte of the signature was changed. */
    char *signature = strstr(buf, "&sig=") + 5;
    *signature = *signature == 'A' ? 'B' : 'A';
    token = a_token(buf);
    FAILS(DEFENDERAUTH_SAS_TOKEN, defenderauth_token_verify(token, key, NOW - 1, 0, error));
    defenderauth_token_free(token);
    defenderauth_key_free(other);
    defenderauth_key_free(key);
}

static void nothing(void) {
    CHECK(is(defenderauth_token_resource(NULL), "") && is(defenderauth_token_audience(NULL), ""));
    CHECK(is(defenderauth_token_policy(NULL), "") && is(defenderauth_token_problem(NULL, 0), ""));
    CHECK(defenderauth_token_expiry(NULL) == 0 && defenderauth_token_problem_count(NULL) == 0);
    CHECK(!defenderauth_token_is_encoded_twice(NULL));
    CHECK(!defenderauth_token_is_good_for(NULL, HOST, DEVICE, NULL, 0));
    CHECK(defenderauth_token_renew_from(NULL, NOW) == 0 && defenderauth_token_renew_until(NULL, NOW) == 0);
    defenderauth_token_free(NULL);
}

/* As many keys as there are IDs, each the same as when it is derived alone. */
static void groups(void) {
    defenderauth_key *key = a_key();
    defenderauth_group_key *group = NULL;
    DOES(defenderauth_group_key_new(key, &group, error));
    for (int i = 0; i < 100; i++) {
        char id[16], alone[64], together[64];
        snprintf(id, sizeof id, "dev-%d", i);
        defenderauth_key *one = NULL, *other = NULL;
        DOES(defenderauth_key_derive(key, DEFENDERAUTH_TEXT(id), &one, error));
        DOES(defenderauth_key_to_base64(one, alone, sizeof alone, NULL, error));
        DOES(defenderauth_group_key_derive(group, DEFENDERAUTH_TEXT(id), &other, error));
        DOES(defenderauth_key_to_base64(other, together, sizeof together, NULL, error));
        CHECK(strcmp(alone, together) == 0);
        size_t len = 0;
        DOES(defenderauth_group_key_derive_to_base64(group, DEFENDERAUTH_TEXT(id), together, 45, &len, error));
        CHECK(strcmp(alone, together) == 0 && len == 44);
        defenderauth_key_free(one);
        defenderauth_key_free(other);
    }
    defenderauth_key_free(key);
    char small[44];
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL,
          defenderauth_group_key_derive_to_base64(group, DEVICE, small, sizeof small, NULL, error));
    CHECK(small[0] == '\0');
    ASKS(defenderauth_group_key_derive_to_base64(group, DEVICE, NULL, 0, NULL, error));
    memcpy(buf, "dev-01", 6);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_group_key_derive_to_base64(group, buf, 6, INTO));
    FAILS(DEFENDERAUTH_IDENTIFIER, defenderauth_group_key_derive_to_base64(group, NULL, 0, INTO));
    MAKES_NONE(defenderauth_key, DEFENDERAUTH_IDENTIFIER,
               defenderauth_group_key_derive(group, DEFENDERAUTH_TEXT("no space"), out, error));
    MAKES_NONE(defenderauth_key, DEFENDERAUTH_NULL, defenderauth_group_key_derive(NULL, DEVICE, out, error));
    MAKES_NONE(defenderauth_group_key, DEFENDERAUTH_NULL, defenderauth_group_key_new(NULL, out, error));
    defenderauth_group_key_free(group);
    defenderauth_group_key_free(NULL);
}

/* A key of bytes signs what the library would, and what is unusual in a connection string is told. */
static void raw_keys(void) {
    static char token[DEFENDERAUTH_TEXT_CAPACITY], assembled[DEFENDERAUTH_TEXT_CAPACITY], plain[DEFENDERAUTH_TEXT_CAPACITY];
    static uint8_t signature[DEFENDERAUTH_SIGNATURE_CAPACITY];
    uint8_t bytes[32];
    size_t len = 0, count = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(3 + 7 * i);
    }
    defenderauth_key *key = NULL, *none = NULL;
    DOES(defenderauth_key_from_bytes(bytes, sizeof bytes, &key, error));
    DOES(defenderauth_key_to_base64(key, plain, sizeof plain, NULL, error));
    CHECK(strcmp(plain, "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=") == 0);
    FAILS(DEFENDERAUTH_KEY_ABSENT, defenderauth_key_from_bytes(NULL, 0, &none, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_key_from_bytes(NULL, 1, &none, error));
    DOES(defenderauth_sas_token(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW, token, sizeof token, NULL, error));
    DOES(defenderauth_sas_string_to_sign(DEFENDERAUTH_TEXT(RESOURCE), NOW, plain, sizeof plain, &len, error));
    DOES(defenderauth_key_sign(key, (const uint8_t *)plain, len, signature, sizeof signature, &count, error));
    CHECK(count == 32);
    DOES(defenderauth_sas_assemble(DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW, signature, count, assembled,
                                   sizeof assembled, NULL, error));
    CHECK(strcmp(token, assembled) == 0);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_key_sign(key, signature, 32, signature, sizeof signature, &count, error));
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, defenderauth_key_sign(key, bytes, 32, signature, 31, &count, error));
    defenderauth_key_free(key);

    defenderauth_connection_string *string = a_string(MODULE_STRING);
    CHECK(defenderauth_connection_string_finding_count(string) == 0);
    CHECK(is(defenderauth_connection_string_finding(string, 0), ""));
    defenderauth_connection_string_free(string);
    string = a_string(MODULE_STRING ";Unknown=1\n");
    CHECK(defenderauth_connection_string_finding_count(string) == 2);
    CHECK(defenderauth_connection_string_finding(string, 0).len > 0 && is(defenderauth_connection_string_finding(string, 2), ""));
    defenderauth_connection_string_free(string);
}

int main(void) {
    reading();
    verifying();
    nothing();
    groups();
    CHECK(defenderauth_sas_renewal_time(NOW, NOW + 3600, 80) == NOW + 2880);
    CHECK(defenderauth_sas_renewal_time(NOW, NOW + 20, 100) == NOW + 15);
    CHECK(defenderauth_sas_renewal_time(NOW, NOW + 1000, 255) == NOW + 995);
    CHECK(defenderauth_sas_renewal_time(NOW, NOW - 1, 80) == NOW);
    CHECK(defenderauth_sas_renewal_time(0, UINT64_MAX, 80) > UINT64_MAX / 5 * 3);
    raw_keys();
    return outcome();
}
