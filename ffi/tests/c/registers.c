/*
 * Registrations over MQTT by the program's own client, here libmosquitto: the login, the topics, the answers, and what MQTT cannot
 * carry. Then the same within a session, with answers written here.
 *
 * Arguments: the file with the root certificate, the address and the port of the service, its ID scope, the key of dev-01.
 */
#include "check.h"
#include <mosquitto.h>
#include <time.h>

static char buf[DEFENDERAUTH_TEXT_CAPACITY];
#define INTO buf, sizeof buf, NULL, error
#define SUBSCRIPTION "$dps/registrations/res/#"

static const char ASSIGNED[] =
    "{\"operationId\":\"1\",\"status\":\"assigned\",\"registrationState\":{\"registrationId\":\"dev-01\","
    "\"assignedHub\":\"" HUB "\",\"deviceId\":\"dev-01\",\"status\":\"assigned\"}}";

static defenderauth_authenticator *me;
static uint64_t now;
/* The number of the latest request, and whether it is answered. */
static uint32_t number;
static bool is_answered;
static int connack, suback;
/* What the answer has to result in. */
static defenderauth_result expected;

static defenderauth_authenticator *registering(const char *scope, const char *base64, bool lookup) {
    defenderauth_key *key = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_options *options = some_options();
    defenderauth_authenticator *made = NULL;
    DOES(defenderauth_key_from_base64(DEFENDERAUTH_TEXT(base64), &key, error));
    DOES(defenderauth_profile_new(DEFENDERAUTH_TEXT(scope), DEFENDERAUTH_TEXT("dev-01"), &profile, error));
    DOES(defenderauth_profile_set_lookup_only(profile, lookup, error));
    DOES(defenderauth_profile_set_issued_certificate(profile, true, error));
    DOES(defenderauth_options_set_user_agent(options, DEFENDERAUTH_TEXT("agent/1"), error));
    DOES(defenderauth_authenticator_new_dps_key(profile, DEFENDERAUTH_TEXT("azureiotsecurity"), key, options, now,
                                                &made, error));
    defenderauth_options_free(options);
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
    return made;
}

static void on_connect(struct mosquitto *client, void *user, int code) {
    (void)client, (void)user;
    connack = code;
}

static void on_subscribe(struct mosquitto *client, void *user, int mid, int count, const int *granted) {
    (void)client, (void)user, (void)mid;
    suback = count == 1 ? granted[0] : -1;
}

static void on_message(struct mosquitto *client, void *user, const struct mosquitto_message *message) {
    (void)client, (void)user;
    if (defenderauth_authenticator_dps_topic_request_number(DEFENDERAUTH_TEXT(message->topic)) != number) {
        return;
    }
    FAILS(expected, defenderauth_authenticator_handle_dps_message(me, now, DEFENDERAUTH_TEXT(message->topic),
                                                                  (const uint8_t *)message->payload,
                                                                  (size_t)message->payloadlen, error));
    is_answered = true;
}

/* Works until a condition holds, at most a minute. */
#define UNTIL(client, condition)                                                                                       \
    for (int turn = 0; !(condition) && turn < 600 && mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS; turn++) {     \
    }

static struct mosquitto *connected(const char *roots, const char *address, int port) {
    CHECK(defenderauth_authenticator_dps_mqtt_user_name(me).len > 0);
    CHECK(strstr(defenderauth_authenticator_dps_mqtt_user_name(me).data, "ClientVersion=agent%2F1") != NULL);
    CHECK(is(defenderauth_authenticator_dps_mqtt_client_id(me), "dev-01"));
    CHECK(is(defenderauth_authenticator_dps_mqtt_subscription(me), SUBSCRIPTION));
    struct mosquitto *client = mosquitto_new(defenderauth_authenticator_dps_mqtt_client_id(me).data, true, NULL);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_message_callback_set(client, on_message);
    mosquitto_username_pw_set(client, defenderauth_authenticator_dps_mqtt_user_name(me).data,
                              defenderauth_authenticator_request_authorization(me).data);
    CHECK(mosquitto_tls_set(client, roots, NULL, NULL, NULL, NULL) == MOSQ_ERR_SUCCESS);
    /* The certificate is for the service's name, and the test connects to an address. */
    mosquitto_tls_insecure_set(client, true);
    connack = suback = -1;
    CHECK(mosquitto_connect(client, address, port, 60) == MOSQ_ERR_SUCCESS);
    UNTIL(client, connack >= 0)
    if (connack == 0) {
        mosquitto_subscribe(client, NULL, defenderauth_authenticator_dps_mqtt_subscription(me).data, 1);
        UNTIL(client, suback >= 0)
    }
    return client;
}

/* Sends the pending request, and waits for its answer. */
static void exchange(struct mosquitto *client) {
    defenderauth_slice body = defenderauth_authenticator_request_body(me);
    number++;
    is_answered = false;
    DOES(defenderauth_authenticator_dps_mqtt_topic(me, number, INTO));
    mosquitto_publish(client, NULL, buf, (int)body.len, body.data, 1, false);
    UNTIL(client, is_answered)
    CHECK(is_answered);
}

/* To the end of the registration: then a request to the hub is pending, which MQTT does not carry. */
static void registers(struct mosquitto *client) {
    int requests = 0;
    while (defenderauth_authenticator_dps_mqtt_client_id(me).len > 0 ||
           defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_WAIT) {
        if (defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_WAIT) {
            now += 1 + defenderauth_authenticator_wait_at_most_milliseconds(me) / 1000;
            DOES(defenderauth_authenticator_handle_elapsed(me, now, error));
            continue;
        }
        exchange(client);
        if (!is_answered || ++requests > 20) {
            return;
        }
    }
    CHECK(requests > 1);
}

/* The service accepts the login, and answers the registration with 401. */
static void refused(const char *roots, const char *address, int port, const char *scope) {
    me = registering(scope, "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", false);
    struct mosquitto *client = connected(roots, address, port);
    CHECK(connack == 0);
    expected = DEFENDERAUTH_SERVICE_UNAUTHORIZED;
    exchange(client);
    expected = DEFENDERAUTH_OK;
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    CHECK(defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_FAILED);
    CHECK(is(defenderauth_authenticator_dps_mqtt_client_id(me), ""));
    defenderauth_authenticator_free(me);
}

/* MQTT carries a registration and nothing else. */
static void not_carried(const defenderauth_authenticator *it, defenderauth_result why) {
    CHECK(is(defenderauth_authenticator_dps_mqtt_client_id(it), ""));
    CHECK(is(defenderauth_authenticator_dps_mqtt_user_name(it), ""));
    CHECK(is(defenderauth_authenticator_dps_mqtt_subscription(it), ""));
    FAILS(why, defenderauth_authenticator_dps_mqtt_topic(it, 1, INTO));
    CHECK(buf[0] == 0);
}

static void everything_else(const char *scope) {
    static const uint8_t bytes[32];
    defenderauth_authenticator *of_tpm = NULL, *others[] = {registering(scope, KEY, true), a_device(), a_module()};
    defenderauth_profile *profile = a_profile();
    DOES(defenderauth_authenticator_new_dps_tpm(profile, NULL, 0, bytes, 32, bytes, 32, NULL, now, &of_tpm, error));
    defenderauth_profile_free(profile);
    not_carried(of_tpm, DEFENDERAUTH_NOT_APPLICABLE);
    not_carried(others[0], DEFENDERAUTH_NOT_APPLICABLE);
    not_carried(others[1], DEFENDERAUTH_NOT_APPLICABLE);
    not_carried(others[2], DEFENDERAUTH_STATE);
    FAILS(DEFENDERAUTH_STATE,
          defenderauth_authenticator_handle_dps_message(others[2], now, DEFENDERAUTH_TEXT("$dps/registrations/res/200/?$rid=1"),
                                                        NULL, 0, error));
    for (size_t i = 0; i < 3; i++) {
        defenderauth_authenticator_free(others[i]);
    }
    defenderauth_authenticator_free(of_tpm);
}

static void numbers(void) {
    const struct {
        const char *topic;
        uint32_t number;
    } cases[] = {{"$dps/registrations/res/202/?$rid=7&retry-after=3", 7},
                 {"$dps/registrations/res/200/?$rid=4294967295", UINT32_MAX},
                 {"$dps/registrations/res/200/?$rid=4294967296", 0},
                 {"$dps/registrations/res/200/?$rid=", 0},
                 {"$dps/registrations/res/20/?$rid=7", 0},
                 {"$iothub/twin/res/200/?$rid=7", 0},
                 {"", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(defenderauth_authenticator_dps_topic_request_number(DEFENDERAUTH_TEXT(cases[i].topic)) ==
              cases[i].number);
    }
    CHECK(defenderauth_authenticator_dps_topic_request_number(NULL, 3) == 0);
    me = registering("0ne00000A0A", KEY, false);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_dps_mqtt_topic(me, 0, INTO));
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, defenderauth_authenticator_dps_mqtt_topic(me, 1, buf, 5, NULL, error));
    ASKS(defenderauth_authenticator_dps_mqtt_topic(me, 1, NULL, 0, NULL, error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_authenticator_handle_dps_message(me, now, DEFENDERAUTH_TEXT("$iothub/twin/res/200/?$rid=1"),
                                                        NULL, 0, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_authenticator_handle_dps_message(
                                 me, now, DEFENDERAUTH_TEXT("$dps/registrations/res/200/?$rid=1"), NULL, 1, error));
    CHECK(defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_SEND);
    defenderauth_authenticator_free(me);
}

static void save(defenderauth_session *session) {
    while (defenderauth_session_poll(session) == DEFENDERAUTH_SESSION_ACTION_SAVE) {
        DOES(defenderauth_session_handle_saved(session, LATER, 5000, true, error));
    }
}

static void in_a_session(void) {
    defenderauth_sources *sources = a_source(registering("0ne00000A0A", KEY, false));
    defenderauth_session *session = NULL;
    DOES(defenderauth_session_new(sources, NULL, NULL, NULL, 0, NULL, 0, LATER, 5000, &session, error));
    defenderauth_sources_free(sources);
    save(session);
    CHECK(defenderauth_session_poll(session) == DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE);
    const defenderauth_authenticator *run = defenderauth_session_authenticator(session);
    CHECK(is(defenderauth_authenticator_dps_mqtt_client_id(run), "dev-01"));
    DOES(defenderauth_authenticator_dps_mqtt_topic(run, 9, INTO));
    CHECK(strcmp(buf, "$dps/registrations/PUT/iotdps-register/?$rid=9") == 0);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_session_handle_dps_message(session, LATER, 5000, "x", 1, NULL, 0, error));
    DOES(defenderauth_session_handle_dps_message(session, LATER, 5000,
                                                 DEFENDERAUTH_TEXT("$dps/registrations/res/200/?$rid=9"),
                                                 (const uint8_t *)ASSIGNED, strlen(ASSIGNED), error));
    save(session);
    run = defenderauth_session_authenticator(session);
    CHECK(is(defenderauth_authenticator_request_host(run), HUB));
    not_carried(run, DEFENDERAUTH_NOT_APPLICABLE);
    defenderauth_session_free(session);
}

int main(int argc, char **argv) {
    CHECK(argc == 6);
    now = (uint64_t)time(NULL);
    mosquitto_lib_init();
    me = registering(argv[4], argv[5], false);
    struct mosquitto *client = connected(argv[1], argv[2], atoi(argv[3]));
    CHECK(connack == 0 && suback >= 0);
    registers(client);
    CHECK(defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_SEND);
    CHECK(is(defenderauth_authenticator_request_host(me), HUB));
    not_carried(me, DEFENDERAUTH_NOT_APPLICABLE);
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    defenderauth_authenticator_free(me);

    refused(argv[1], argv[2], atoi(argv[3]), argv[4]);
    everything_else(argv[4]);
    numbers();
    in_a_session();
    mosquitto_lib_cleanup();
    return outcome();
}
