/*
 * Operational certificates in a session, with every call: a request at the registration, what was issued and is not saved,
 * refused or kept, the renewal within, and calls that do not match.
 */
#include "check.h"

static defenderauth_session *session;
static defenderauth_certificates *kept;
static uint64_t wall = LATER, monotonic = 5000;
static char state[8192], csr[2048], chain[2048], buf[DEFENDERAUTH_TEXT_CAPACITY];

#define IT session, wall, monotonic
#define YEAR UINT64_C(31557600)

static void pass(uint64_t until) {
    wall += (until - monotonic) / 1000;
    monotonic = until;
}

static void is_pending(int32_t action) {
    if (defenderauth_session_poll(session) != action) {
        printf("%s\n", defenderauth_session_status(session).data);
    }
    CHECK(defenderauth_session_poll(session) == action);
}

static void save(void) {
    is_pending(DEFENDERAUTH_SESSION_ACTION_SAVE);
    defenderauth_str snapshot = defenderauth_session_snapshot(session);
    CHECK(snapshot.len > 0 && snapshot.len < sizeof state);
    memcpy(state, snapshot.data, snapshot.len + 1);
    DOES(defenderauth_session_handle_saved(IT, true, error));
}

/* What stands between the labels of a file in PEM, without line breaks. */
static void body_of(const char *name, char *into) {
    char pem[4096];
    size_t len = data(name, pem, sizeof pem - 1);
    pem[len] = 0;
    const char *from = strstr(pem, "-----\n") + 6;
    for (const char *end = strstr(from, "\n-----"); from < end; from++) {
        if (*from != '\n') {
            *into++ = *from;
        }
    }
    *into = 0;
}

/* With a request for a key elsewhere, for which `chain` is issued. */
static void with_a_request(const char *id) {
    char text[4096];
    snprintf(text, sizeof text,
             "{\"format\":\"defender-auth certificates\",\"version\":1,\"readableSince\":1,\"pending\":{\"elsewhere\":"
             "\"a token\",\"request\":\"%s\",\"rid\":\"%s\"}}",
             csr, id);
    defenderauth_certificates_free(kept);
    DOES(defenderauth_certificates_parse(DEFENDERAUTH_TEXT(text), &kept, error));
}

static defenderauth_authenticator *enrolled(const char *module) {
    defenderauth_key *key = a_key();
    defenderauth_profile *profile = a_profile();
    defenderauth_authenticator *authenticator = NULL;
    DOES(defenderauth_authenticator_new_dps_key(profile, DEFENDERAUTH_TEXT(module), key, NULL, NOW, &authenticator,
                                                error));
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
    return authenticator;
}

static void begin(void) {
    defenderauth_sources *sources = a_source(enrolled(""));
    defenderauth_policy *policy = NULL;
    defenderauth_options *options = some_options();
    DOES(defenderauth_policy_new(&policy, error));
    DOES(defenderauth_policy_set_rate(policy, DEFENDERAUTH_RATE_CERTIFICATES, 2, 3600000, error));
    DOES(defenderauth_policy_set_certificate_renewal_percent(policy, 50, 50, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_policy_set_certificate_renewal_percent(policy, 80, 67, error));
    DOES(defenderauth_options_set_user_agent(options, DEFENDERAUTH_TEXT("agent/1"), error));
    DOES(defenderauth_sources_request_certificates(sources, kept, error));
    DOES(defenderauth_session_new(sources, policy, options, DEFENDERAUTH_TEXT(state), NULL, 0, wall, monotonic, &session,
                                  error));
    defenderauth_options_free(options);
    defenderauth_policy_free(policy);
    defenderauth_sources_free(sources);
}

/* Which source can request certificates. */
static void sources(void) {
    defenderauth_sources *sources = NULL;
    DOES(defenderauth_sources_new(&sources, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_sources_request_certificates(sources, NULL, error));
    defenderauth_sources_free(sources);
    sources = a_source(enrolled("azureiotsecurity"));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_sources_request_certificates(sources, NULL, error));
    defenderauth_authenticator *other = enrolled("");
    DOES(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("two"), other, error));
    DOES(defenderauth_sources_request_certificates(sources, NULL, error));
    DOES(defenderauth_sources_request_certificates(sources, kept, error));
    DOES(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("three"), other, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_sources_request_certificates(sources, NULL, error));
    defenderauth_authenticator_free(other);
    defenderauth_sources_free(sources);
}

static void request(void) {
    save();
    is_pending(DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST);
    CHECK(is(defenderauth_session_request_common_name(session), "dev-01"));
    CHECK(is(defenderauth_session_request_source(session), "one") && !defenderauth_session_request_is_new(session));
    CHECK(defenderauth_session_renewal(session) == NULL);
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_request_made(IT, kept, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_subscribed(IT, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_certificates_take_session(kept, session, error));
    CHECK(is(defenderauth_certificates_request_common_name(kept), ""));
    DOES(defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT("dev-02"), DEFENDERAUTH_CURVE_P256, error));
    CHECK(is(defenderauth_certificates_request_common_name(kept), "dev-02"));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_session_handle_request_made(IT, kept, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST);
    with_a_request("abcd-1");
    DOES(defenderauth_session_handle_request_made(IT, kept, error));
    CHECK(is(defenderauth_session_request_common_name(session), ""));
}

static void assign_with(const char *certificate) {
    char body[4096];
    is_pending(DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE);
    const defenderauth_authenticator *run = defenderauth_session_authenticator(session);
    defenderauth_slice sent = defenderauth_authenticator_request_body(run);
    CHECK(sent.len < sizeof body);
    memcpy(body, sent.data, sent.len);
    body[sent.len] = 0;
    CHECK(strstr(body, csr) != NULL);
    snprintf(body, sizeof body,
             "{\"operationId\":\"1\",\"status\":\"assigned\",\"registrationState\":{\"registrationId\":\"dev-01\","
             "\"assignedHub\":\"" HUB "\",\"deviceId\":\"dev-01\",\"status\":\"assigned\","
             "\"issuedCertificateChain\":[\"%s\"]}}",
             certificate);
    DOES(defenderauth_session_handle_response(IT, 200, NULL, 0, (const uint8_t *)body, strlen(body), error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE);
}

/* What came is not saved, is asked for again, and is refused. */
static void refuse(void) {
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_certificate_kept(IT, kept, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_request_failed(IT, error));
    DOES(defenderauth_certificates_take_session(kept, session, error));
    CHECK(defenderauth_certificates_is_issued(kept));
    FAILS(DEFENDERAUTH_CERTIFICATE_FORMAT, defenderauth_certificates_accept(kept, NULL, 0, wall, error));
    DOES(defenderauth_session_handle_certificate_not_kept(IT, error));
    CHECK(defenderauth_session_certificate_diagnosis(session) == DEFENDERAUTH_DIAGNOSIS_CERTIFICATE_UNSAVED);
    save();
    is_pending(DEFENDERAUTH_SESSION_ACTION_CONNECT);
    CHECK(defenderauth_session_certificate(session) == NULL);
    CHECK(strstr(defenderauth_session_mqtt_user_name(session).data, "api-version=2020-09-30") != NULL);
    DOES(defenderauth_session_password(session, buf, sizeof buf, NULL, error));
    DOES(defenderauth_session_handle_connected(IT, 0, error));
    save();
    is_pending(DEFENDERAUTH_SESSION_ACTION_STAY);
    CHECK(defenderauth_session_due(session) == DEFENDERAUTH_DUE_CERTIFICATE);
    pass(defenderauth_session_until_milliseconds(session));
    DOES(defenderauth_session_handle_elapsed(IT, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE);
    DOES(defenderauth_certificates_take_session(kept, session, error));
    DOES(defenderauth_certificates_discard(kept, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_certificates_take_session(kept, session, error));
    DOES(defenderauth_session_handle_certificate_refused(IT, error));
    CHECK(defenderauth_session_certificate_diagnosis(session) == DEFENDERAUTH_DIAGNOSIS_CERTIFICATE_REFUSED);
    save();
}

/* Later the device registers for another, which is kept. */
static void keep(void) {
    is_pending(DEFENDERAUTH_SESSION_ACTION_STAY);
    pass(defenderauth_session_until_milliseconds(session));
    DOES(defenderauth_session_handle_elapsed(IT, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_DISCONNECT);
    DOES(defenderauth_session_handle_disconnected(IT, DEFENDERAUTH_LOSS_DROPPED, error));
    save();
    is_pending(DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST);
    CHECK(defenderauth_session_request_is_new(session));
    with_a_request("abcd-2");
    DOES(defenderauth_session_handle_request_made(IT, kept, error));
    assign_with(chain);
    DOES(defenderauth_certificates_take_session(kept, session, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_certificate_kept(IT, kept, error));
    DOES(defenderauth_certificates_accept(kept, NULL, 0, wall, error));
    DOES(defenderauth_session_handle_certificate_kept(IT, kept, error));
    CHECK(defenderauth_session_certificate_diagnosis(session) == 0);
    CHECK(defenderauth_session_count(session, DEFENDERAUTH_COUNT_CERTIFICATES) == 1);
    save();
}

static void connect_with_it(void) {
    is_pending(DEFENDERAUTH_SESSION_ACTION_CONNECT);
    CHECK(is(defenderauth_session_credential(session), "one/certificate"));
    const defenderauth_certificate *certificate = defenderauth_session_certificate(session);
    CHECK(is(defenderauth_certificate_common_name(certificate), "dev-01"));
    CHECK(defenderauth_session_certificate_ends(session) == defenderauth_certificate_not_after(certificate));
    CHECK(is(defenderauth_certificates_key_name(kept), "a token"));
    const char *user_name = defenderauth_session_mqtt_user_name(session).data;
    CHECK(strstr(user_name, "api-version=2025-08-01-preview") != NULL && strstr(user_name, "agent%2F1") != NULL);
    FAILS(DEFENDERAUTH_NOT_APPLICABLE, defenderauth_session_password(session, buf, sizeof buf, NULL, error));
    DOES(defenderauth_session_handle_connected(IT, 0, error));
    if (defenderauth_session_poll(session) == DEFENDERAUTH_SESSION_ACTION_SAVE) {
        save();
    }
    is_pending(DEFENDERAUTH_SESSION_ACTION_STAY);
}

static void message(const char *topic, const char *payload) {
    DOES(defenderauth_session_handle_message(IT, DEFENDERAUTH_TEXT(topic), (const uint8_t *)payload, strlen(payload),
                                             error));
}

static int32_t within(void) {
    is_pending(DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE);
    return defenderauth_renewal_poll(defenderauth_session_renewal(session));
}

/* Fifty years later. */
static void renew(void) {
    CHECK(defenderauth_session_due(session) == DEFENDERAUTH_DUE_CERTIFICATE);
    CHECK(defenderauth_session_from_milliseconds(session) > monotonic + 45 * YEAR * 1000);
    pass(defenderauth_session_until_milliseconds(session));
    DOES(defenderauth_session_handle_elapsed(IT, error));
    save();
    is_pending(DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST);
    CHECK(!defenderauth_session_request_is_new(session));
    DOES(defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT("dev-01"), DEFENDERAUTH_CURVE_P384, error));
    DOES(defenderauth_session_handle_request_made(IT, kept, error));
    CHECK(within() == DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE);
    const defenderauth_renewal *renewal = defenderauth_session_renewal(session);
    CHECK(is(defenderauth_renewal_topic(renewal), "$iothub/credentials/res/#"));
    CHECK(!defenderauth_renewal_is_accepted(renewal) && defenderauth_renewal_failure(renewal) == NULL);
    FAILS(DEFENDERAUTH_STATE, defenderauth_certificates_take_renewal(kept, renewal, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_published(IT, error));
    DOES(defenderauth_session_handle_subscribed(IT, error));
    CHECK(within() == DEFENDERAUTH_RENEWAL_ACTION_PUBLISH);
    renewal = defenderauth_session_renewal(session);
    CHECK(strstr(defenderauth_renewal_topic(renewal).data, defenderauth_certificates_request_id(kept).data) != NULL);
    CHECK(defenderauth_renewal_payload(renewal).len > 100);
    DOES(defenderauth_session_handle_published(IT, error));
    CHECK(within() == DEFENDERAUTH_RENEWAL_ACTION_LISTEN);
    pass(defenderauth_renewal_until_milliseconds(defenderauth_session_renewal(session)));
    DOES(defenderauth_session_handle_elapsed(IT, error));
    CHECK(within() == DEFENDERAUTH_RENEWAL_ACTION_WAIT);
    message("devices/dev-01/messages/devicebound/", "");
    pass(monotonic + defenderauth_renewal_wait_at_most_milliseconds(defenderauth_session_renewal(session)));
    DOES(defenderauth_session_handle_elapsed(IT, error));
    DOES(defenderauth_session_handle_subscribed(IT, error));
    DOES(defenderauth_session_handle_published(IT, error));
    char topic[256];
    snprintf(topic, sizeof topic, "$iothub/credentials/res/200/?$version=1&$rid=%s",
             defenderauth_certificates_request_id(kept).data);
    message(topic, "{\"correlationId\":\"c\",\"certificates\":[\"MAA=\",\"MAA=\"]}");
    is_pending(DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE);
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_message(IT, DEFENDERAUTH_TEXT(topic), NULL, 0, error));
    DOES(defenderauth_certificates_take_session(kept, session, error));
    /* The one that is still in use is not what was issued. */
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_session_handle_certificate_kept(IT, kept, error));
    DOES(defenderauth_session_handle_disconnected(IT, DEFENDERAUTH_LOSS_DROPPED, error));
    DOES(defenderauth_certificates_discard(kept, error));
    DOES(defenderauth_session_handle_certificate_refused(IT, error));
    save();
}

static void null(void) {
    const defenderauth_result none = DEFENDERAUTH_NULL;
    FAILS(none, defenderauth_sources_request_certificates(NULL, NULL, error));
    FAILS(none, defenderauth_policy_set_certificate_renewal_percent(NULL, 50, 60, error));
    FAILS(none, defenderauth_certificates_take_session(NULL, NULL, error));
    FAILS(none, defenderauth_certificates_take_session(kept, NULL, error));
    FAILS(none, defenderauth_session_handle_request_made(NULL, LATER, 1, kept, error));
    FAILS(none, defenderauth_session_handle_request_made(NULL, LATER, 1, NULL, error));
    FAILS(none, defenderauth_session_handle_request_failed(NULL, LATER, 1, error));
    FAILS(none, defenderauth_session_handle_subscribed(NULL, LATER, 1, error));
    FAILS(none, defenderauth_session_handle_subscription_refused(NULL, LATER, 1, error));
    FAILS(none, defenderauth_session_handle_published(NULL, LATER, 1, error));
    FAILS(none, defenderauth_session_handle_message(NULL, LATER, 1, "a", 1, NULL, 0, error));
    FAILS(none, defenderauth_session_handle_certificate_kept(NULL, LATER, 1, kept, error));
    FAILS(none, defenderauth_session_handle_certificate_kept(NULL, LATER, 1, NULL, error));
    FAILS(none, defenderauth_session_handle_certificate_refused(NULL, LATER, 1, error));
    FAILS(none, defenderauth_session_handle_certificate_not_kept(NULL, LATER, 1, error));
    CHECK(is(defenderauth_session_request_common_name(NULL), "") && is(defenderauth_session_request_source(NULL), ""));
    CHECK(!defenderauth_session_request_is_new(NULL) && defenderauth_session_renewal(NULL) == NULL);
    CHECK(defenderauth_session_certificate_diagnosis(NULL) == 0);
    CHECK(is(defenderauth_session_pending_operation(NULL), ""));
    CHECK(is(defenderauth_certificates_request_common_name(NULL), ""));
    FAILS(none, defenderauth_driver_set_certificate_curve(NULL, DEFENDERAUTH_CURVE_P256, error));
    FAILS(none, defenderauth_driver_set_certificate_root_pem(NULL, "a", 1, error));
    FAILS(none, defenderauth_driver_set_export_folder(NULL, "/", 1, error));
}

int main(void) {
    body_of("p256.csr.pem", csr);
    body_of("p256.certificate.pem", chain);
    DOES(defenderauth_certificates_new(&kept, error));
    null();
    sources();
    begin();
    request();
    assign_with("MAA=");
    refuse();
    keep();
    connect_with_it();
    defenderauth_session_free(session);

    begin();
    connect_with_it();
    renew();
    defenderauth_session_free(session);
    defenderauth_certificates_free(kept);
    return outcome();
}
