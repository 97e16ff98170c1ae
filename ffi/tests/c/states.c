/*
 * An authenticator from its creation to its outcome: calls in the wrong state, which must change nothing, the lifetime
 * of views, and invalid numbers.
 */
#include "check.h"

static const uint8_t signature[32];
static char buf[DEFENDERAUTH_TEXT_CAPACITY];
#define INTO buf, sizeof buf, NULL, error

static const char ANSWER[] = "{\"moduleId\":\"azureiotsecurity\",\"deviceId\":\"dev-01\",\"authentication\":{"
                             "\"type\":\"sas\",\"symmetricKey\":{\"primaryKey\":\"" KEY
                             "\",\"secondaryKey\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=\"}}}";

static defenderauth_result respond(defenderauth_authenticator *auth, uint16_t status, const char *body,
                                   defenderauth_error **error) {
    return defenderauth_authenticator_handle_response(auth, NOW, status, NULL, 0, (const uint8_t *)body, strlen(body),
                                                      error);
}

/* Results that do not match SEND. */
static void refuse_other_answers(defenderauth_authenticator *auth) {
    const char *target = defenderauth_authenticator_request_target(auth).data;
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_handle_elapsed(auth, NOW, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_handle_activated(auth, NOW, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_handle_signature(auth, NOW, signature, 32, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_handle_signature(auth, NOW, signature, 31, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_handle_no_response(auth, UINT64_C(253402300800), error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_handle_no_response(auth, (uint64_t)-1, error));
    FAILS(DEFENDERAUTH_NULL,
          defenderauth_authenticator_handle_response(auth, NOW, 200, NULL, 0, NULL, 1, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_authenticator_handle_response(auth, NOW, 200, NULL, 1, NULL, 0, error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_authenticator_handle_response(auth, NOW, 200, NULL, SIZE_MAX, NULL, 0, error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_authenticator_handle_response(auth, NOW, 200, NULL, 0, signature, SIZE_MAX, error));
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_SEND);
    CHECK(defenderauth_authenticator_request_target(auth).len == strlen(target));
    CHECK(defenderauth_authenticator_failure(auth) == NULL);
}

/* Outputs that do not exist before DONE. */
static void refuse_outcomes(const defenderauth_authenticator *auth) {
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_connection_string(auth, INTO));
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_sas_token(auth, NOW, 1, INTO));
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_sas_string_to_sign(auth, NOW, INTO));
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_sas_assemble(auth, NOW, signature, 32, INTO));
    MAKES_NONE(defenderauth_signer, DEFENDERAUTH_STATE, defenderauth_authenticator_signer(auth, out, error));
    MAKES_NONE(defenderauth_authenticator, DEFENDERAUTH_STATE,
               defenderauth_authenticator_new_secondary(auth, out, error));
    CHECK(defenderauth_authenticator_credential(auth) == DEFENDERAUTH_CREDENTIAL_NONE);
    CHECK(is(defenderauth_authenticator_host_name(auth), "") && is(defenderauth_authenticator_audience(auth), ""));
    CHECK(!defenderauth_authenticator_same_outcome(auth, auth));
}

static void request(const defenderauth_authenticator *auth) {
    CHECK(is(defenderauth_authenticator_request_host(auth), HUB));
    CHECK(is(defenderauth_authenticator_request_method(auth), "GET"));
    CHECK(is(defenderauth_authenticator_request_target(auth),
             "/devices/dev-01/modules/azureiotsecurity?api-version=2018-06-30"));
    CHECK(is_nothing(defenderauth_authenticator_request_body(auth)));
    size_t count = 0, proofs = 0;
    for (; defenderauth_authenticator_request_header(auth, count).name.len > 0; count++) {
        defenderauth_header header = defenderauth_authenticator_request_header(auth, count);
        CHECK(header.value.data[header.value.len] == 0);
        proofs += is(header.value, defenderauth_authenticator_request_authorization(auth).data);
    }
    CHECK(count <= DEFENDERAUTH_REQUEST_HEADER_LIMIT && proofs == 1);
    CHECK(is(defenderauth_authenticator_request_header(auth, SIZE_MAX).name, ""));
    CHECK(defenderauth_authenticator_certificate(auth) == NULL);
}

/* Views stay valid while const functions read or write. */
static void views_hold(const defenderauth_authenticator *auth) {
    defenderauth_str host = defenderauth_authenticator_host_name(auth);
    defenderauth_str name = defenderauth_authenticator_mqtt_user_name(auth);
    DOES(defenderauth_authenticator_sas_token(auth, NOW, 3600, INTO));
    DOES(defenderauth_authenticator_connection_string(auth, INTO));
    CHECK(is(host, HUB) && host.data == defenderauth_authenticator_host_name(auth).data);
    CHECK(name.len > 0 && name.data[name.len] == 0);
    CHECK(name.data == defenderauth_authenticator_mqtt_user_name(auth).data);
}

static void done(defenderauth_authenticator *auth) {
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_DONE);
    CHECK(defenderauth_authenticator_credential(auth) == DEFENDERAUTH_CREDENTIAL_KEY);
    CHECK(is(defenderauth_authenticator_module_id(auth), "azureiotsecurity"));
    CHECK(is(defenderauth_authenticator_request_target(auth), ""));
    CHECK(is(defenderauth_authenticator_request_authorization(auth), ""));
    FAILS(DEFENDERAUTH_STATE, respond(auth, 200, ANSWER, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_handle_no_response(auth, NOW, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_sas_token(auth, NOW, 0, INTO));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_sas_token(auth, UINT64_C(1700000000000), 1, INTO));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_sas_token(auth, NOW, UINT64_MAX, INTO));
    FAILS(DEFENDERAUTH_NOT_APPLICABLE, defenderauth_authenticator_sas_string_to_sign(auth, NOW, INTO));
    views_hold(auth);

    defenderauth_authenticator *other = NULL, *third = NULL;
    DOES(defenderauth_authenticator_new_secondary(auth, &other, error));
    CHECK(defenderauth_authenticator_poll(other) == DEFENDERAUTH_ACTION_DONE);
    /* The same identity with another key: clients must reconnect. */
    CHECK(!defenderauth_authenticator_same_outcome(auth, other));
    CHECK(defenderauth_authenticator_same_outcome(other, other));
    FAILS(DEFENDERAUTH_KEY_ABSENT, defenderauth_authenticator_new_secondary(other, &third, error));
    CHECK(third == NULL);
    defenderauth_authenticator_free(other);
    other = a_module();
    CHECK(!defenderauth_authenticator_same_outcome(auth, other));
    CHECK(!defenderauth_authenticator_same_outcome(auth, NULL));
    defenderauth_authenticator_free(other);
}

/* The credential of an outcome can be replaced, and its key be given a second one. */
static void other_credentials(void) {
    defenderauth_authenticator *module = a_module(), *device = NULL, *certified = NULL, *both = NULL, *second = NULL;
    defenderauth_certificate *certificate = a_certificate();
    defenderauth_key *key = NULL;
    DOES(defenderauth_key_from_base64(DEFENDERAUTH_TEXT("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="), &key, error));
    DOES(defenderauth_authenticator_new_with_certificate(module, certificate, &certified, error));
    CHECK(defenderauth_authenticator_credential(certified) == DEFENDERAUTH_CREDENTIAL_CERTIFICATE);
    CHECK(is(defenderauth_authenticator_mqtt_client_id(certified), "dev-01/azureiotsecurity"));
    CHECK(defenderauth_authenticator_certificate(certified) != NULL);
    CHECK(!defenderauth_authenticator_requires_certificate(module));
    /* A view of the very object that is to be changed. */
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_handle_certificate(
                                  certified, NOW, defenderauth_authenticator_certificate(certified), error));
    FAILS(DEFENDERAUTH_NOT_APPLICABLE,
          defenderauth_authenticator_new_with_secondary_key(certified, key, &both, error));
    DOES(defenderauth_authenticator_new_with_secondary_key(module, key, &both, error));
    DOES(defenderauth_authenticator_new_secondary(both, &second, error));
    DOES(defenderauth_authenticator_connection_string(second, INTO));
    CHECK(strstr(buf, "SharedAccessKey=QEFC") != NULL);
    defenderauth_authenticator_free(both);

    /* A key held elsewhere, for a module and for a device. */
    DOES(defenderauth_authenticator_new_module_tpm(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"),
                                                   DEFENDERAUTH_TEXT("azureiotsecurity"), NULL, NOW, &both, error));
    CHECK(defenderauth_authenticator_credential(both) == DEFENDERAUTH_CREDENTIAL_TPM);
    CHECK(is(defenderauth_authenticator_mqtt_client_id(both), "dev-01/azureiotsecurity"));
    DOES(defenderauth_authenticator_sas_string_to_sign(both, NOW, INTO));
    DOES(defenderauth_authenticator_new_module_tpm(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"), NULL, 0, NULL,
                                                   NOW, &device, error));
    CHECK(is(defenderauth_authenticator_mqtt_client_id(device), "dev-01"));
    defenderauth_authenticator_free(device);
    defenderauth_authenticator_free(both);
    defenderauth_authenticator_free(second);
    defenderauth_authenticator_free(certified);
    defenderauth_authenticator_free(module);
    defenderauth_certificate_free(certificate);
    defenderauth_key_free(key);
}

/* A token that was made elsewhere, a connection profile that no registration has told, and the topic of events. */
static void of_others(void) {
    static char text[DEFENDERAUTH_TEXT_CAPACITY];
    defenderauth_key *key = a_key();
    defenderauth_token *token = NULL;
    defenderauth_certificate *certificate = a_certificate();
    defenderauth_authenticator *device = NULL, *certified = NULL, *modern = NULL, *none = NULL;
    DOES(defenderauth_sas_token(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW + 60, text, sizeof text, NULL, error));
    DOES(defenderauth_token_parse(DEFENDERAUTH_TEXT(text), &token, error));
    DOES(defenderauth_authenticator_new_module_token(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"), NULL, 0,
                                                     token, NULL, NOW, &device, error));
    CHECK(is(defenderauth_authenticator_events_topic(device), "devices/dev-01/messages/events/"));
    DOES(defenderauth_authenticator_sas_token(device, NOW, 3600, INTO));
    CHECK(strcmp(buf, text) == 0);
    FAILS(DEFENDERAUTH_TOKEN_EXPIRED, defenderauth_authenticator_sas_token(device, NOW + 60, 3600, INTO));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_authenticator_new_module_token(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-02"), NULL, 0,
                                                      token, NULL, NOW, &none, error));

    FAILS(DEFENDERAUTH_NOT_APPLICABLE,
          defenderauth_authenticator_new_with_connection_profile(device, DEFENDERAUTH_TEXT("mqttV5"), &none, error));
    DOES(defenderauth_authenticator_new_with_certificate(device, certificate, &certified, error));
    DOES(defenderauth_authenticator_new_with_connection_profile(certified, DEFENDERAUTH_TEXT("mqttV5"), &modern, error));
    CHECK(is(defenderauth_authenticator_connection_profile(certified), "classic"));
    CHECK(is(defenderauth_authenticator_connection_profile(modern), "mqttV5"));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_authenticator_new_with_connection_profile(certified, DEFENDERAUTH_TEXT("x"), &none, error));
    defenderauth_authenticator_free(modern);
    defenderauth_authenticator_free(certified);
    defenderauth_authenticator_free(device);
    defenderauth_certificate_free(certificate);
    defenderauth_token_free(token);
    defenderauth_key_free(key);
}

static void to_the_end(void) {
    defenderauth_authenticator *auth = a_device();
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_SEND);
    CHECK(defenderauth_authenticator_state(auth).len > 0);
    request(auth);
    refuse_other_answers(auth);
    refuse_outcomes(auth);
    DOES(defenderauth_authenticator_handle_no_response(auth, NOW, error));
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_WAIT);
    CHECK(defenderauth_authenticator_wait_at_most_milliseconds(auth) >=
          defenderauth_authenticator_wait_at_least_milliseconds(auth));
    FAILS(DEFENDERAUTH_STATE, respond(auth, 200, ANSWER, error));
    DOES(defenderauth_authenticator_handle_elapsed(auth, NOW + 5, error));
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_SEND);
    DOES(respond(auth, 200, ANSWER, error));
    done(auth);
    defenderauth_authenticator_free(auth);
}

/* A failure is the result of the call that led to it, and is final. */
static void to_a_failure(void) {
    defenderauth_authenticator *auth = a_device();
    defenderauth_header date = {{DEFENDERAUTH_TEXT("Date")}, {DEFENDERAUTH_TEXT("Tue, 14 Nov 2023 22:14:20 GMT")}};
    FAILS(DEFENDERAUTH_SERVICE_UNAUTHORIZED,
          defenderauth_authenticator_handle_response(auth, NOW, 401, &date, 1, NULL, 0, error));
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_FAILED);
    const defenderauth_error *failure = defenderauth_authenticator_failure(auth);
    CHECK(defenderauth_error_result(failure) == DEFENDERAUTH_SERVICE_UNAUTHORIZED);
    CHECK(defenderauth_error_http_status(failure) == 401 && !defenderauth_error_is_retryable(failure));
    CHECK(defenderauth_authenticator_clock_offset_seconds(auth) == 60);
    FAILS(DEFENDERAUTH_STATE, respond(auth, 200, ANSWER, error));
    CHECK(defenderauth_authenticator_failure(auth) == failure);
    refuse_outcomes(auth);
    defenderauth_authenticator_free(auth);
}

/* A header that is not text is ignored; one that is NULL with a length is rejected. */
static void headers(void) {
    defenderauth_authenticator *auth = a_device();
    defenderauth_header strange = {{"\xff\xfe", 2}, {"\0\xff", 2}};
    defenderauth_header nowhere = {{NULL, 4}, {NULL, 0}};
    FAILS(DEFENDERAUTH_NULL,
          defenderauth_authenticator_handle_response(auth, NOW, 200, &nowhere, 1, NULL, 0, error));
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_SEND);
    DOES(defenderauth_authenticator_handle_response(auth, NOW, 200, &strange, 1, (const uint8_t *)ANSWER,
                                                    strlen(ANSWER), error));
    CHECK(defenderauth_authenticator_clock_offset_seconds(auth) == 0);
    defenderauth_authenticator_free(auth);
}

/* Inputs may be freed as soon as the call has returned. */
static void inputs_are_copied(void) {
    char text[] = MODULE_STRING;
    defenderauth_connection_string *string = NULL;
    defenderauth_authenticator *auth = NULL;
    DOES(defenderauth_connection_string_parse(DEFENDERAUTH_TEXT(text), &string, error));
    defenderauth_wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++) {
        CHECK(text[i] == 0);
    }
    CHECK(is(defenderauth_connection_string_device_id(string), "dev-01"));
    DOES(defenderauth_authenticator_new_module(string, NULL, NULL, NOW, &auth, error));
    defenderauth_connection_string_free(string);
    CHECK(is(defenderauth_authenticator_device_id(auth), "dev-01"));
    DOES(defenderauth_authenticator_sas_token(auth, NOW, 3600, INTO));
    defenderauth_authenticator_free(auth);
}

/* A const object lives as long as the object that returned it, not as long as its input. */
static void objects_are_shown(void) {
    defenderauth_connection_string *string = a_string("HostName=" HUB ";DeviceId=dev-01;x509=true");
    defenderauth_certificate *certificate = a_certificate();
    defenderauth_authenticator *auth = NULL;
    DOES(defenderauth_authenticator_new_module(string, certificate, NULL, NOW, &auth, error));
    defenderauth_certificate_free(certificate);
    defenderauth_connection_string_free(string);
    const defenderauth_certificate *shown = defenderauth_authenticator_certificate(auth);
    CHECK(defenderauth_authenticator_credential(auth) == DEFENDERAUTH_CREDENTIAL_CERTIFICATE);
    CHECK(is(defenderauth_certificate_common_name(shown), "dev-01") && defenderauth_certificate_has_key(shown));
    CHECK(defenderauth_certificate_chain_pem(shown).len > 0);
    FAILS(DEFENDERAUTH_NOT_APPLICABLE, defenderauth_authenticator_sas_token(auth, NOW, 3600, INTO));
    MAKES_NONE(defenderauth_signer, DEFENDERAUTH_NOT_APPLICABLE, defenderauth_authenticator_signer(auth, out, error));
    CHECK(shown == defenderauth_authenticator_certificate(auth));
    defenderauth_authenticator_free(auth);
}

static void numbers(void) {
    defenderauth_options *options = some_options();
    defenderauth_signer *signer = a_signer();
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_options_set_audience(options, 3, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_options_set_audience(options, -1, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_options_set_token_seconds(options, 0, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_options_set_attempt_seconds(options, UINT64_MAX, error));
    DOES(defenderauth_signer_token(signer, UINT64_C(253402300799), INTO));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_signer_token(signer, UINT64_C(253402300800), INTO));
    CHECK(defenderauth_sas_renew_at_least_milliseconds(0) <= defenderauth_sas_renew_at_most_milliseconds(0));
    CHECK(defenderauth_sas_renew_at_least_milliseconds(3600) > 0);
    CHECK(defenderauth_sas_renew_at_least_milliseconds(UINT64_MAX) <=
          defenderauth_sas_renew_at_most_milliseconds(UINT64_MAX));
    CHECK(strcmp(defenderauth_result_string(12345), "UNKNOWN") == 0);
    CHECK(strcmp(defenderauth_result_string(INT32_MIN), "UNKNOWN") == 0);
    CHECK(strcmp(defenderauth_diagnosis_word(DEFENDERAUTH_DIAGNOSIS_HUB_REJECTED), "hub-rejected") == 0);
    CHECK(strcmp(defenderauth_diagnosis_string(0), "unknown") == 0);
    CHECK(strcmp(defenderauth_tls_failure_word(DEFENDERAUTH_TLS_FAILURE_PLAIN_TEXT), "plain-text") == 0);
    CHECK(strcmp(defenderauth_tls_failure_word(-1), "unknown") == 0);
    CHECK(defenderauth_tls_failure_of_alert(45) == DEFENDERAUTH_TLS_FAILURE_CLIENT_EXPIRED);
    CHECK(strcmp(defenderauth_certificate_finding_string(3), "") != 0);
    CHECK(defenderauth_certificate_finding_string(0) != NULL);
    CHECK(strcmp(defenderauth_version(), DEFENDERAUTH_VERSION) == 0);
    CHECK(defenderauth_version_number() == DEFENDERAUTH_VERSION_NUMBER);
    const uint32_t full = DEFENDERAUTH_FEATURE_X509 | DEFENDERAUTH_FEATURE_AGENT | DEFENDERAUTH_FEATURE_HTTPS |
                          DEFENDERAUTH_FEATURE_TPM | DEFENDERAUTH_FEATURE_FLOWS | DEFENDERAUTH_FEATURE_SESSION |
                          DEFENDERAUTH_FEATURE_MQTT | DEFENDERAUTH_FEATURE_PRIVATE_KEY |
                          DEFENDERAUTH_FEATURE_OPERATIONAL | DEFENDERAUTH_FEATURE_LOCAL_SIGNER |
                          DEFENDERAUTH_FEATURE_TWIN;
    /* Tests also run with every feature, and PKCS#11 is not among those of a full library. */
    CHECK((defenderauth_features() & ~(uint32_t)DEFENDERAUTH_FEATURE_PKCS11) == full);
    defenderauth_signer_free(signer);
    defenderauth_options_free(options);
}

int main(void) {
    other_credentials();
    of_others();
    to_the_end();
    to_a_failure();
    headers();
    inputs_are_copied();
    objects_are_shown();
    numbers();
    return outcome();
}
