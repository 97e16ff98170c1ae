/*
 * A session from its first login to its restart, with every call: views while it changes, calls that do not match, and
 * sources that change.
 */
#include "check.h"

static defenderauth_session *session;
static uint64_t wall = LATER, monotonic = 5000;
static char saved[8192], secret[DEFENDERAUTH_TEXT_CAPACITY], buf[DEFENDERAUTH_TEXT_CAPACITY];

#define IT session, wall, monotonic

static const char ASSIGNED[] =
    "{\"operationId\":\"1\",\"status\":\"assigned\",\"registrationState\":{\"registrationId\":\"dev-01\","
    "\"assignedHub\":\"" HUB "\",\"deviceId\":\"dev-01\",\"status\":\"assigned\",\"payload\":{\"a\":1}}}";
static const char MODULE[] = "{\"moduleId\":\"azureiotsecurity\",\"deviceId\":\"dev-01\",\"authentication\":{"
                             "\"type\":\"sas\",\"symmetricKey\":{\"primaryKey\":\"" KEY
                             "\",\"secondaryKey\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=\"}}}";

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
    CHECK(snapshot.len > 0 && snapshot.len < sizeof saved && strstr(snapshot.data, KEY) == NULL);
    memcpy(saved, snapshot.data, snapshot.len + 1);
    DOES(defenderauth_session_snapshot_secret(session, secret, sizeof secret, NULL, error));
    DOES(defenderauth_session_handle_saved(IT, true, error));
}

static void respond(const char *body) {
    is_pending(DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE);
    const defenderauth_authenticator *run = defenderauth_session_authenticator(session);
    CHECK(defenderauth_authenticator_poll(run) == DEFENDERAUTH_ACTION_SEND);
    CHECK(defenderauth_authenticator_request_host(run).len > 0);
    CHECK(defenderauth_authenticator_certificate(run) == NULL);
    const defenderauth_header headers[] = {{{"Date", 4}, {"x", 1}}};
    DOES(defenderauth_session_handle_response(IT, 200, headers, 1, (const uint8_t *)body, strlen(body), error));
}

static defenderauth_sources *enrolled(void) {
    defenderauth_key *key = a_key();
    defenderauth_profile *profile = a_profile();
    defenderauth_authenticator *authenticator = NULL;
    DOES(defenderauth_authenticator_new_dps_key(profile, DEFENDERAUTH_TEXT("azureiotsecurity"), key, NULL, NOW,
                                                &authenticator, error));
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
    return a_source(authenticator);
}

static defenderauth_policy *a_policy(void) {
    defenderauth_policy *policy = NULL;
    DOES(defenderauth_policy_new(&policy, error));
    DOES(defenderauth_policy_set_seconds(policy, DEFENDERAUTH_TIME_TOKEN, 1000, error));
    DOES(defenderauth_policy_set_renewal_percent(policy, 50, 60, error));
    DOES(defenderauth_policy_set_backoff(policy, DEFENDERAUTH_LADDER_CONNECT, 1000, 8000, 100, error));
    DOES(defenderauth_policy_set_rate(policy, DEFENDERAUTH_RATE_CONNECTS, 100, 60000, error));
    DOES(defenderauth_policy_set_limit(policy, DEFENDERAUTH_LIMIT_REQUESTS, 20, error));
    DOES(defenderauth_policy_set_floor(policy, NOW, error));
    return policy;
}

static void begin(const char *state, const char *keys) {
    defenderauth_sources *sources = enrolled();
    defenderauth_policy *policy = a_policy();
    defenderauth_options *options = some_options();
    DOES(defenderauth_options_set_user_agent(options, DEFENDERAUTH_TEXT("agent/1"), error));
    DOES(defenderauth_session_new(sources, policy, options, DEFENDERAUTH_TEXT(state), DEFENDERAUTH_TEXT(keys), wall,
                                  monotonic, &session, error));
    defenderauth_options_free(options);
    defenderauth_policy_free(policy);
    defenderauth_sources_free(sources);
}

static void register_once(void) {
    begin("", "");
    save();
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_handle_activated(IT, error));
    DOES(defenderauth_session_handle_no_response(IT, error));
    pass(monotonic + 600);
    const defenderauth_authenticator *run = defenderauth_session_authenticator(session);
    CHECK(defenderauth_authenticator_poll(run) == DEFENDERAUTH_ACTION_WAIT);
    pass(monotonic + defenderauth_authenticator_wait_at_most_milliseconds(run));
    DOES(defenderauth_session_handle_elapsed(IT, error));
    respond(ASSIGNED);
    save();
    respond(MODULE);
    save();
    CHECK(strstr(secret, KEY) != NULL);
    CHECK(is(defenderauth_authenticator_dps_payload(defenderauth_session_assigned(session)), "{\"a\":1}"));
    CHECK(defenderauth_session_count(session, DEFENDERAUTH_COUNT_REGISTRATIONS) == 1);
}

static void connect_and_renew(void) {
    is_pending(DEFENDERAUTH_SESSION_ACTION_CONNECT);
    CHECK(is(defenderauth_session_mqtt_host_name(session), HUB));
    CHECK(is(defenderauth_session_mqtt_client_id(session), "dev-01/azureiotsecurity"));
    CHECK(strstr(defenderauth_session_mqtt_user_name(session).data, "agent%2F1") != NULL);
    CHECK(defenderauth_session_deadline_milliseconds(session) == monotonic + 60000);
    DOES(defenderauth_session_password(session, buf, sizeof buf, NULL, error));
    CHECK(strncmp(buf, "SharedAccessSignature ", 22) == 0);
    DOES(defenderauth_session_handle_rejected(IT, DEFENDERAUTH_REJECTION_CONNACK, 4, 0, 0, error));
    CHECK(is(defenderauth_session_credential(session), "one/secondary"));
    CHECK(is(defenderauth_session_dropped_credential(session), "one/primary"));
    CHECK(defenderauth_session_dropped_diagnosis(session) == DEFENDERAUTH_DIAGNOSIS_HUB_REJECTED);
    CHECK(defenderauth_session_dropped_at(session) == wall);
    DOES(defenderauth_session_handle_connected(IT, wall, error));
    save();
    is_pending(DEFENDERAUTH_SESSION_ACTION_STAY);
    CHECK(defenderauth_session_due(session) == DEFENDERAUTH_DUE_RENEWAL);
    CHECK(defenderauth_session_phase(session) == DEFENDERAUTH_PHASE_CONNECTED);
    CHECK(defenderauth_session_clock_state(IT) == DEFENDERAUTH_CLOCK_PLAUSIBLE);
    CHECK(defenderauth_session_clock_seconds(IT) == wall);
    uint64_t from = defenderauth_session_from_milliseconds(session);
    CHECK(from == monotonic + 500000 && defenderauth_session_until_milliseconds(session) == monotonic + 600000);
    CHECK(defenderauth_session_pick_milliseconds(session, 0) == from);
    DOES(defenderauth_session_handle_clock_set(IT, error));
    pass(from);
    DOES(defenderauth_session_handle_elapsed(IT, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_RENEW);
    DOES(defenderauth_session_handle_unreachable(IT, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_WAIT);
    CHECK(defenderauth_session_diagnosis(session) == DEFENDERAUTH_DIAGNOSIS_UNREACHABLE);
    CHECK(defenderauth_session_last_diagnosis(session) == DEFENDERAUTH_DIAGNOSIS_UNREACHABLE);
    DOES(defenderauth_session_handle_wake(IT, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_CONNECT);
    DOES(defenderauth_session_handle_tls_failed(IT, DEFENDERAUTH_TLS_FAILURE_SERVER_EXPIRED, NOW, error));
    CHECK(defenderauth_session_failures_in_a_row(session) == 3);
}

/* A connection that is lost in two ways, with sources that change meanwhile. */
static void lose_and_rotate(void) {
    defenderauth_sources *sources = a_source(a_tpm_device()), *none = NULL;
    DOES(defenderauth_session_handle_wake(IT, error));
    DOES(defenderauth_session_handle_connected(IT, 0, error));
    DOES(defenderauth_session_handle_disconnected(IT, DEFENDERAUTH_LOSS_DROPPED, error));
    DOES(defenderauth_session_handle_disconnected_by_server(IT, DEFENDERAUTH_REJECTION_REASON, 0x8b, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_session_handle_disconnected(IT, 9, error));
    DOES(defenderauth_sources_new(&none, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_session_handle_rotated(IT, none, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_sources_add(none, DEFENDERAUTH_TEXT("one"), NULL, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_sources_set_validity(none, 1, 2, error));
    DOES(defenderauth_session_handle_rotated(IT, sources, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_SIGN);
    CHECK(defenderauth_session_sign_input(session).len > 0);
    CHECK(defenderauth_session_key_use(session) == DEFENDERAUTH_KEY_USE_HUB);
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_password(session, buf, sizeof buf, NULL, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_snapshot_secret(session, buf, sizeof buf, NULL, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_session_exchange(session, NULL, wall, monotonic, 1, error));
    DOES(defenderauth_session_handle_key_failed(IT, error));
    is_pending(DEFENDERAUTH_SESSION_ACTION_WAIT);
    CHECK(defenderauth_session_certificate(session) == NULL && defenderauth_session_certificate_ends(session) == 0);
    CHECK(defenderauth_session_authenticator_diagnosis(session) == 0 && !defenderauth_session_is_unsaved(session));
    defenderauth_sources_free(none);
    defenderauth_sources_free(sources);
}

int main(void) {
    register_once();
    connect_and_renew();
    lose_and_rotate();
    defenderauth_session_free(session);

    begin(saved, secret);
    is_pending(DEFENDERAUTH_SESSION_ACTION_CONNECT);
    CHECK(is(defenderauth_session_credential(session), "one/secondary"));
    CHECK(defenderauth_session_count(session, DEFENDERAUTH_COUNT_REQUESTS) == 0);
    defenderauth_session_free(session);

    defenderauth_sources *sources = enrolled();
    saved[20] = 0;
    MAKES_NONE(defenderauth_session, DEFENDERAUTH_SNAPSHOT,
               defenderauth_session_new(sources, NULL, NULL, DEFENDERAUTH_TEXT(saved), NULL, 0, wall, monotonic, out,
                                        error));
    defenderauth_sources_free(sources);
    return outcome();
}
