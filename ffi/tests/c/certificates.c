/*
 * Operational certificates with every call: what is kept, a request for a key here and elsewhere, a renewal with its events,
 * and certificates that are refused.
 */
#include "check.h"

static defenderauth_certificates *kept;
static defenderauth_renewal *renewal;
static uint64_t monotonic = 5000;
static char text[16384];

#define FOLDER DEFENDERAUTH_TEXT(folder)
#define IT renewal, LATER, monotonic

static void is_pending(int32_t action) {
    CHECK(defenderauth_renewal_poll(renewal) == action);
}

static void message(const char *topic, const char *payload) {
    DOES(defenderauth_renewal_handle_message(IT, DEFENDERAUTH_TEXT(topic), (const uint8_t *)payload, strlen(payload),
                                             error));
}

static void answer(const char *status, const char *payload) {
    char topic[256];
    snprintf(topic, sizeof topic, "$iothub/credentials/res/%s/?$rid=%s", status,
             defenderauth_certificates_request_id(kept).data);
    message(topic, payload);
}

/* An object without anything. */
static void empty(void) {
    DOES(defenderauth_certificates_new(&kept, error));
    CHECK(defenderauth_certificates_current(kept) == NULL && !defenderauth_certificates_is_issued(kept));
    CHECK(is_nothing(defenderauth_certificates_request(kept)));
    CHECK(is(defenderauth_certificates_request_id(kept), "") && is(defenderauth_certificates_key_name(kept), ""));
    CHECK(is(defenderauth_certificates_twin_report(kept), "") && is(defenderauth_certificates_operation(kept), ""));
    FAILS(DEFENDERAUTH_STATE, defenderauth_certificates_sent_by(kept, DEFENDERAUTH_TEXT("4.a.b"), error));
    CHECK(defenderauth_certificates_due_from(kept) == 0 && defenderauth_certificates_due_until(kept) == 0);
    FAILS(DEFENDERAUTH_STATE, defenderauth_certificates_accept(kept, NULL, 0, LATER, error));
    MAKES_NONE(defenderauth_renewal, DEFENDERAUTH_STATE,
               defenderauth_renewal_new(kept, DEFENDERAUTH_TEXT("dev-01"), 3600, LATER, monotonic, out, error));
    DOES(defenderauth_certificates_discard(kept, error));
    DOES(defenderauth_certificates_retire(kept, error));
}

/* What is kept survives a restart, as a file and as a text. */
static void restart(const char *folder) {
    char id[64];
    size_t len = 0;
    snprintf(id, sizeof id, "%s", defenderauth_certificates_request_id(kept).data);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_certificates_sent_by(kept, DEFENDERAUTH_TEXT("4/a"), error));
    DOES(defenderauth_certificates_sent_by(kept, DEFENDERAUTH_TEXT("4.a.b"), error));
    DOES(defenderauth_certificates_save(kept, FOLDER, error));
    ASKS(defenderauth_certificates_text(kept, NULL, 0, &len, error));
    CHECK(len > 0 && len < sizeof text);
    DOES(defenderauth_certificates_text(kept, text, sizeof text, &len, error));
    CHECK(strlen(text) == len);
    defenderauth_certificates_free(kept);
    DOES(defenderauth_certificates_parse(text, len, &kept, error));
    CHECK(is(defenderauth_certificates_request_id(kept), id));
    MAKES_NONE(defenderauth_certificates, DEFENDERAUTH_SNAPSHOT,
               defenderauth_certificates_parse(text, len - 1, out, error));
    defenderauth_wipe(text, sizeof text);
    defenderauth_certificates_free(kept);
    DOES(defenderauth_certificates_load(FOLDER, &kept, error));
    CHECK(is(defenderauth_certificates_request_id(kept), id) && is(defenderauth_certificates_operation(kept), "4.a.b"));
    MAKES_NONE(defenderauth_certificates, DEFENDERAUTH_FILE_WRITE,
               defenderauth_certificates_load(DEFENDERAUTH_TEXT("/nowhere/at/all"), out, error));
    defenderauth_certificates *locked = NULL;
    DOES(defenderauth_certificates_load_locked(FOLDER, &locked, error));
    CHECK(is(defenderauth_certificates_request_id(locked), id));
    MAKES_NONE(defenderauth_certificates, DEFENDERAUTH_FILE_WRITE,
               defenderauth_certificates_load_locked(FOLDER, out, error));
    defenderauth_certificates_free(locked);
    DOES(defenderauth_certificates_load_locked(FOLDER, &locked, error));
    defenderauth_certificates_free(locked);
    FAILS(DEFENDERAUTH_FILE_WRITE, defenderauth_certificates_save(kept, DEFENDERAUTH_TEXT("/nowhere/at/all"), error));
}

/* A registration goes on with the operation of an earlier run. */
static void continued(const uint8_t *der, size_t len, const char *folder) {
    defenderauth_authenticator *device = NULL;
    defenderauth_profile *profile = a_profile();
    defenderauth_key *key = a_key();
    defenderauth_https *https = NULL;
    DOES(defenderauth_profile_set_certificate_request(profile, der, len, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_profile_set_pending_operation(profile, DEFENDERAUTH_TEXT(".."), error));
    DOES(defenderauth_profile_set_pending_operation(profile, DEFENDERAUTH_TEXT("4.a.b"), error));
    DOES(defenderauth_authenticator_new_dps_key(profile, NULL, 0, key, NULL, NOW, &device, error));
    CHECK(is(defenderauth_authenticator_pending_operation(device), "4.a.b"));
    CHECK(is(defenderauth_authenticator_request_method(device), "GET"));
    CHECK(strstr(defenderauth_authenticator_request_target(device).data, "/operations/4.a.b?") != NULL);
    DOES(defenderauth_authenticator_handle_response(device, NOW, 404, NULL, 0, (const uint8_t *)"{}", 2, error));
    CHECK(is(defenderauth_authenticator_pending_operation(device), ""));
    CHECK(is(defenderauth_authenticator_request_method(device), "PUT"));

    DOES(defenderauth_https_new(&https, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_run_keeping(device, https, NULL, 0, kept, NULL, 0, error));
    defenderauth_https_cancel(https);
    FAILS(DEFENDERAUTH_CANCELLED, defenderauth_authenticator_run_keeping(device, https, NULL, 0, kept, FOLDER, error));
    defenderauth_https_free(https);
    defenderauth_authenticator_free(device);
    DOES(defenderauth_profile_set_pending_operation(profile, NULL, 0, error));
    DOES(defenderauth_authenticator_new_dps_key(profile, NULL, 0, key, NULL, NOW, &device, error));
    CHECK(is(defenderauth_authenticator_pending_operation(device), ""));
    defenderauth_authenticator_free(device);
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
}

static void begin(const char *folder) {
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT("dev-01"), 0, error));
    FAILS(DEFENDERAUTH_IDENTIFIER, defenderauth_certificates_begin(kept, NULL, 0, DEFENDERAUTH_CURVE_P256, error));
    DOES(defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT("dev-01"), DEFENDERAUTH_CURVE_P384, error));
    DOES(defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT("dev-01"), DEFENDERAUTH_CURVE_P256, error));
    restart(folder);

    /* The same request for a key elsewhere. */
    uint8_t der[1024];
    defenderauth_slice request = defenderauth_certificates_request(kept);
    CHECK(request.len > 100 && request.len < sizeof der);
    memcpy(der, request.data, request.len);
    const size_t len = request.len;
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_certificates_begin_elsewhere(kept, NULL, 0, der, len, error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_certificates_begin_elsewhere(kept, DEFENDERAUTH_TEXT("tpm:handle=0x81000005"), der, len - 1,
                                                    error));
    DOES(defenderauth_certificates_begin_elsewhere(kept, DEFENDERAUTH_TEXT("tpm:handle=0x81000005"), der, len, error));

    defenderauth_profile *profile = a_profile();
    DOES(defenderauth_profile_set_certificate_request(profile, der, len, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_profile_set_certificate_request(profile, der, len - 1, error));
    DOES(defenderauth_profile_set_certificate_request(profile, NULL, 0, error));
    defenderauth_profile_free(profile);
    continued(der, len, folder);
}

/* A device that is assigned without a certificate, or is not assigned yet. */
static void without_a_certificate(void) {
    defenderauth_authenticator *device = a_device(), *module = a_module();
    CHECK(defenderauth_authenticator_issuance(device) == DEFENDERAUTH_ISSUANCE_NONE);
    CHECK(defenderauth_authenticator_issuance(module) == DEFENDERAUTH_ISSUANCE_NONE);
    FAILS(DEFENDERAUTH_STATE, defenderauth_certificates_take_registration(kept, device, error));
    FAILS(DEFENDERAUTH_CERTIFICATE_ABSENT, defenderauth_certificates_take_registration(kept, module, error));
    defenderauth_authenticator_free(device);
    defenderauth_authenticator_free(module);
}

/* The version of the hub's interface in the user name. */
static void login(void) {
    defenderauth_options *options = some_options();
    defenderauth_connection_string *string = a_string(MODULE_STRING);
    for (int renews = 0; renews < 2; renews++) {
        defenderauth_authenticator *module = NULL;
        DOES(defenderauth_options_set_certificate_renewal(options, renews != 0, error));
        DOES(defenderauth_authenticator_new_module(string, NULL, options, NOW, &module, error));
        const char *name = defenderauth_authenticator_mqtt_user_name(module).data;
        CHECK((strstr(name, "api-version=2025-08-01-preview") != NULL) == renews);
        defenderauth_authenticator_free(module);
    }
    defenderauth_connection_string_free(string);
    defenderauth_options_free(options);
}

static void renew(void) {
    MAKES_NONE(defenderauth_renewal, DEFENDERAUTH_ARGUMENT,
               defenderauth_renewal_new(kept, DEFENDERAUTH_TEXT("dev-01"), 0, LATER, monotonic, out, error));
    DOES(defenderauth_renewal_new(kept, DEFENDERAUTH_TEXT("dev-01"), 3600, LATER, monotonic, &renewal, error));
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE);
    CHECK(is(defenderauth_renewal_topic(renewal), "$iothub/credentials/res/#"));
    FAILS(DEFENDERAUTH_STATE, defenderauth_renewal_handle_published(IT, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_certificates_take_renewal(kept, renewal, error));
    DOES(defenderauth_renewal_handle_subscribed(IT, error));
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_PUBLISH);
    CHECK(strstr(defenderauth_renewal_topic(renewal).data, defenderauth_certificates_request_id(kept).data) != NULL);
    CHECK(defenderauth_renewal_payload(renewal).len > 100);
    DOES(defenderauth_renewal_handle_published(IT, error));
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_LISTEN);
    CHECK(defenderauth_renewal_until_milliseconds(renewal) == monotonic + 120000);
    message("devices/dev-01/messages/devicebound/", "");
    message("$iothub/credentials/res/200/?$rid=another-one", "{}");
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_LISTEN);

    /* Busy, and then accepted after a lost connection. */
    answer("429", "{\"errorCode\":429001,\"retryAfter\":7}");
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_WAIT);
    CHECK(defenderauth_renewal_wait_at_least_milliseconds(renewal) >= 7000);
    CHECK(defenderauth_renewal_wait_at_most_milliseconds(renewal) >=
          defenderauth_renewal_wait_at_least_milliseconds(renewal));
    DOES(defenderauth_renewal_handle_disconnected(IT, error));
    monotonic += defenderauth_renewal_wait_at_most_milliseconds(renewal);
    DOES(defenderauth_renewal_handle_elapsed(IT, error));
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE);
    DOES(defenderauth_renewal_handle_subscribed(IT, error));
    DOES(defenderauth_renewal_handle_published(IT, error));
    CHECK(!defenderauth_renewal_is_accepted(renewal) && defenderauth_renewal_failure(renewal) == NULL);
    answer("202", "{\"correlationId\":\"c\",\"operationExpires\":\"2027-01-01T00:00:00Z\"}");
    CHECK(defenderauth_renewal_is_accepted(renewal));
    answer("200", "{\"correlationId\":\"c\",\"certificates\":[\"MAA=\",\"MAA=\"]}");
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_DONE);
    DOES(defenderauth_certificates_take_renewal(kept, renewal, error));
    defenderauth_renewal_free(renewal);

    /* What is no certificate is refused, and stays until it is discarded. */
    CHECK(defenderauth_certificates_is_issued(kept));
    FAILS(DEFENDERAUTH_CERTIFICATE_FORMAT, defenderauth_certificates_accept(kept, NULL, 0, LATER, error));
    FAILS(DEFENDERAUTH_CERTIFICATE_ABSENT, defenderauth_certificates_accept(kept, "x", 1, LATER, error));
    CHECK(defenderauth_certificates_is_issued(kept));
}

static void refused(void) {
    DOES(defenderauth_renewal_new(kept, DEFENDERAUTH_TEXT("dev-01"), 3600, LATER, monotonic, &renewal, error));
    DOES(defenderauth_renewal_handle_subscription_refused(IT, error));
    is_pending(DEFENDERAUTH_RENEWAL_ACTION_FAILED);
    CHECK(defenderauth_error_message(defenderauth_renewal_failure(renewal)).len > 0);
    defenderauth_renewal_free(renewal);
    DOES(defenderauth_certificates_discard(kept, error));
    CHECK(!defenderauth_certificates_is_issued(kept) && is_nothing(defenderauth_certificates_request(kept)));
    defenderauth_certificates_free(kept);
}

static void null(void) {
    const defenderauth_result none = DEFENDERAUTH_NULL;
    uint8_t byte = 0;
    FAILS(none, defenderauth_certificates_new(NULL, error));
    FAILS(none, defenderauth_certificates_parse(text, 0, NULL, error));
    FAILS(none, defenderauth_certificates_load("/", 1, NULL, error));
    FAILS(none, defenderauth_certificates_save(NULL, "/", 1, error));
    FAILS(none, defenderauth_certificates_text(NULL, text, sizeof text, NULL, error));
    FAILS(none, defenderauth_certificates_begin(NULL, "a", 1, DEFENDERAUTH_CURVE_P256, error));
    FAILS(none, defenderauth_certificates_begin_elsewhere(NULL, "a", 1, &byte, 1, error));
    FAILS(none, defenderauth_certificates_take_registration(NULL, NULL, error));
    FAILS(none, defenderauth_certificates_take_renewal(NULL, NULL, error));
    FAILS(none, defenderauth_certificates_accept(NULL, NULL, 0, LATER, error));
    FAILS(none, defenderauth_certificates_discard(NULL, error));
    FAILS(none, defenderauth_certificates_retire(NULL, error));
    FAILS(none, defenderauth_profile_set_certificate_request(NULL, NULL, 0, error));
    FAILS(none, defenderauth_profile_set_pending_operation(NULL, NULL, 0, error));
    FAILS(none, defenderauth_certificates_sent_by(NULL, "a", 1, error));
    FAILS(none, defenderauth_authenticator_run_keeping(NULL, NULL, NULL, 0, NULL, "/", 1, error));
    FAILS(none, defenderauth_options_set_certificate_renewal(NULL, true, error));
    MAKES_NONE(defenderauth_renewal, none, defenderauth_renewal_new(NULL, "a", 1, 1, LATER, 1, out, error));
    FAILS(none, defenderauth_renewal_handle_subscribed(NULL, LATER, 1, error));
    FAILS(none, defenderauth_renewal_handle_subscription_refused(NULL, LATER, 1, error));
    FAILS(none, defenderauth_renewal_handle_published(NULL, LATER, 1, error));
    FAILS(none, defenderauth_renewal_handle_message(NULL, LATER, 1, "a", 1, NULL, 0, error));
    FAILS(none, defenderauth_renewal_handle_elapsed(NULL, LATER, 1, error));
    FAILS(none, defenderauth_renewal_handle_disconnected(NULL, LATER, 1, error));
    CHECK(defenderauth_certificates_current(NULL) == NULL && !defenderauth_certificates_is_issued(NULL));
    CHECK(is_nothing(defenderauth_certificates_request(NULL)) && is_nothing(defenderauth_renewal_payload(NULL)));
    CHECK(defenderauth_certificates_due_from(NULL) == 0 && defenderauth_certificates_due_until(NULL) == 0);
    CHECK(defenderauth_renewal_poll(NULL) == DEFENDERAUTH_RENEWAL_ACTION_NONE);
    CHECK(defenderauth_renewal_failure(NULL) == NULL && !defenderauth_renewal_is_accepted(NULL));
    CHECK(defenderauth_renewal_until_milliseconds(NULL) == 0);
    CHECK(defenderauth_authenticator_issuance(NULL) == DEFENDERAUTH_ISSUANCE_NONE);
    CHECK(is(defenderauth_certificates_operation(NULL), "") && is(defenderauth_authenticator_pending_operation(NULL), ""));
    CHECK(is(defenderauth_renewal_topic(NULL), "") && is(defenderauth_certificates_request_id(NULL), ""));
    defenderauth_certificates_free(NULL);
    defenderauth_renewal_free(NULL);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        return 2;
    }
    null();
    empty();
    begin(argv[1]);
    without_a_certificate();
    login();
    renew();
    refused();
    return failures == 0 ? 0 : 1;
}
