/*
 * Agents whose key a daemon of the device holds: with the program's own HTTP over a Unix socket, and with the built-in client.
 * The arguments are folders: with the sockets of an identity service, without any, and with those of one that has a
 * certificate. The environment is that of a module.
 */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static uint8_t answer[DEFENDERAUTH_BODY_LIMIT];
static size_t answer_len;

static void send_all(int socket, const char *data, size_t len) {
    while (len > 0) {
        ssize_t sent = write(socket, data, len);
        CHECK(sent > 0);
        if (sent <= 0) {
            return;
        }
        data += sent;
        len -= (size_t)sent;
    }
}

/* The program's own HTTP: the status, and the body in `answer`; 0 without an answer. */
static uint16_t exchange(defenderauth_str address, defenderauth_str method, defenderauth_str target,
                         defenderauth_slice body) {
    struct sockaddr_un at;
    char head[2048], text[DEFENDERAUTH_BODY_LIMIT];
    size_t len = 0;
    ssize_t got = 0;
    memset(&at, 0, sizeof at);
    at.sun_family = AF_UNIX;
    CHECK(strncmp(address.data, "unix://", 7) == 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", address.data + 7);
    int peer = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(peer >= 0);
    if (connect(peer, (struct sockaddr *)&at, sizeof at) != 0) {
        close(peer);
        return 0;
    }
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
             method.data, target.data, body.len > 0 ? "Content-Type: application/json\r\n" : "", body.len);
    send_all(peer, head, strlen(head));
    send_all(peer, (const char *)body.data, body.len);
    while (len < sizeof text - 1 && (got = read(peer, text + len, sizeof text - 1 - len)) > 0) {
        len += (size_t)got;
    }
    close(peer);
    text[len] = 0;
    const char *end = strstr(text, "\r\n\r\n");
    if (end == NULL || strncmp(text, "HTTP/1.1 ", 9) != 0) {
        return 0;
    }
    answer_len = len - (size_t)(end + 4 - text);
    memcpy(answer, end + 4, answer_len);
    return (uint16_t)strtoul(text + 9, NULL, 10);
}

/* Performs what a daemon is asked to its end. */
static void perform(defenderauth_daemon *daemon) {
    for (int round = 0; round < 20; round++) {
        int32_t action = defenderauth_daemon_poll(daemon);
        if (action == DEFENDERAUTH_ACTION_WAIT) {
            CHECK(defenderauth_daemon_wait_at_least_milliseconds(daemon) <=
                  defenderauth_daemon_wait_at_most_milliseconds(daemon));
            DOES(defenderauth_daemon_handle_elapsed(daemon, NOW + 1, error));
        } else if (action == DEFENDERAUTH_ACTION_ASK) {
            uint16_t status =
                exchange(defenderauth_daemon_request_address(daemon), defenderauth_daemon_request_method(daemon),
                         defenderauth_daemon_request_target(daemon), defenderauth_daemon_request_body(daemon));
            DOES(defenderauth_daemon_handle_response(daemon, NOW, status, NULL, 0, answer, answer_len, error));
        } else {
            return;
        }
    }
    CHECK(0);
}

static defenderauth_daemon *a_workload(void) {
    static const char *names[] = {"IOTEDGE_WORKLOADURI",        "IOTEDGE_MODULEID",       "IOTEDGE_DEVICEID",
                                  "IOTEDGE_MODULEGENERATIONID", "IOTEDGE_IOTHUBHOSTNAME", "IOTEDGE_APIVERSION"};
    defenderauth_header variables[6];
    defenderauth_daemon *daemon = NULL;
    for (size_t i = 0; i < 6; i++) {
        const char *value = getenv(names[i]);
        CHECK(value != NULL);
        variables[i].name.data = names[i];
        variables[i].name.len = strlen(names[i]);
        variables[i].value.data = value;
        variables[i].value.len = strlen(value);
    }
    DOES(defenderauth_daemon_new_workload(variables, 6, &daemon, error));
    MAKES_NONE(defenderauth_daemon, DEFENDERAUTH_CONFIG,
               defenderauth_daemon_new_workload(variables, 3, out, error));
    MAKES_NONE(defenderauth_daemon, DEFENDERAUTH_NULL, defenderauth_daemon_new_workload(NULL, 3, out, error));
    return daemon;
}

static defenderauth_daemon *a_service(const char *folder) {
    defenderauth_daemon *daemon = NULL;
    DOES(defenderauth_daemon_new_identity_service(DEFENDERAUTH_TEXT(folder), &daemon, error));
    return daemon;
}

static defenderauth_authenticator *an_authenticator(const defenderauth_daemon *daemon) {
    defenderauth_authenticator *me = NULL;
    DOES(defenderauth_authenticator_new_daemon(daemon, NULL, NOW, &me, error));
    return me;
}

/* Signs for an authenticator that is DONE, with the program's own HTTP. */
static void signs(defenderauth_daemon *daemon, const defenderauth_authenticator *me) {
    char text[DEFENDERAUTH_TEXT_CAPACITY], token[DEFENDERAUTH_TEXT_CAPACITY];
    size_t len = 0;
    CHECK(defenderauth_authenticator_credential(me) == DEFENDERAUTH_CREDENTIAL_TPM);
    DOES(defenderauth_authenticator_sas_string_to_sign(me, NOW + 3600, text, sizeof text, &len, error));
    DOES(defenderauth_daemon_begin_signature(daemon, NOW, (const uint8_t *)text, len, error));
    CHECK(is_nothing(defenderauth_daemon_answer(daemon)));
    perform(daemon);
    CHECK(defenderauth_daemon_poll(daemon) == DEFENDERAUTH_ACTION_DONE);
    defenderauth_slice signature = defenderauth_daemon_answer(daemon);
    CHECK(signature.len == 32);
    DOES(defenderauth_authenticator_sas_assemble(me, NOW + 3600, signature.data, signature.len, token, sizeof token, NULL,
                                                 error));
    /* The built-in client gets the same. */
    char same[DEFENDERAUTH_TEXT_CAPACITY];
    DOES(defenderauth_daemon_sas_token(daemon, me, NOW, 3600, same, sizeof same, NULL, error));
    CHECK(strcmp(token, same) == 0);
}

static void module(void) {
    defenderauth_daemon *daemon = a_workload(), *own = NULL;
    defenderauth_authenticator *me = an_authenticator(daemon);
    CHECK(defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_DONE);
    CHECK(defenderauth_daemon_poll(daemon) == 0);
    signs(daemon, me);
    DOES(defenderauth_daemon_begin_trust_bundle(daemon, NOW, error));
    perform(daemon);
    defenderauth_slice roots = defenderauth_daemon_answer(daemon);
    CHECK(roots.len > 500 && memcmp(roots.data, "-----BEGIN CERTIFICATE-----", 27) == 0);
    defenderauth_authenticator_free(me);
    defenderauth_daemon_free(daemon);
    /* By the environment of the process. */
    DOES(defenderauth_daemon_new_workload(NULL, 0, &own, error));
    DOES(defenderauth_daemon_begin_trust_bundle(own, NOW, error));
    DOES(defenderauth_daemon_run(own, error));
    CHECK(defenderauth_daemon_answer(own).len > 500);
    defenderauth_daemon_free(own);
}

static void service(const char *folder) {
    defenderauth_daemon *daemon = a_service(folder);
    defenderauth_authenticator *me = an_authenticator(daemon);
    CHECK(defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_ASK);
    CHECK(is(defenderauth_authenticator_request_method(me), "GET"));
    CHECK(defenderauth_authenticator_request_header(me, 0).name.len == 0);
    uint16_t status =
        exchange(defenderauth_authenticator_request_address(me), defenderauth_authenticator_request_method(me),
                 defenderauth_authenticator_request_target(me), defenderauth_authenticator_request_body(me));
    DOES(defenderauth_authenticator_handle_response(me, NOW, status, NULL, 0, answer, answer_len, error));
    CHECK(defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_DONE);
    CHECK(is(defenderauth_authenticator_module_id(me), "azureiotsecurity"));
    signs(daemon, me);
    FAILS(DEFENDERAUTH_NOT_APPLICABLE, defenderauth_daemon_begin_trust_bundle(daemon, NOW, error));
    defenderauth_authenticator_free(me);
    /* The built-in driver asks it, too, by the system's clock. */
    DOES(defenderauth_authenticator_new_daemon(daemon, NULL, (uint64_t)time(NULL), &me, error));
    DOES(defenderauth_authenticator_run(me, NULL, NULL, 60000, error));
    CHECK(is(defenderauth_authenticator_device_id(me), "dev-01"));
    defenderauth_authenticator_free(me);
    defenderauth_daemon_free(daemon);
}

/* A session that is authenticated by the daemon, up to its first login. */
static void session(const char *folder) {
    defenderauth_daemon *daemon = a_service(folder);
    defenderauth_sources *sources = a_source(an_authenticator(daemon));
    defenderauth_session *session = NULL;
    DOES(defenderauth_session_new(sources, NULL, NULL, NULL, 0, NULL, 0, LATER, 5000, &session, error));
    int asked = 0, connects = 0;
    for (int round = 0; round < 20 && !connects; round++) {
        switch (defenderauth_session_poll(session)) {
        case DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE:
            CHECK(defenderauth_authenticator_poll(defenderauth_session_authenticator(session)) ==
                  DEFENDERAUTH_ACTION_ASK);
            asked++;
            DOES(defenderauth_session_exchange(session, NULL, LATER, 5000, 10000, error));
            break;
        case DEFENDERAUTH_SESSION_ACTION_SAVE:
            DOES(defenderauth_session_handle_saved(session, LATER, 5000, true, error));
            break;
        case DEFENDERAUTH_SESSION_ACTION_SIGN: {
            defenderauth_slice text = defenderauth_session_sign_input(session);
            DOES(defenderauth_daemon_begin_signature(daemon, LATER, text.data, text.len, error));
            DOES(defenderauth_daemon_run(daemon, error));
            defenderauth_slice signature = defenderauth_daemon_answer(daemon);
            DOES(defenderauth_session_handle_signature(session, LATER, 5000, signature.data, signature.len, error));
            break;
        }
        case DEFENDERAUTH_SESSION_ACTION_CONNECT:
            connects++;
            CHECK(is(defenderauth_session_module_id(session), "azureiotsecurity"));
            break;
        default:
            CHECK(0);
        }
    }
    CHECK(asked == 1 && connects == 1);
    defenderauth_session_free(session);
    defenderauth_sources_free(sources);
    defenderauth_daemon_free(daemon);
}

/* An identity with a certificate, whose key keyd has: opened by the driver, and by its name. */
static void certified(const char *folder) {
    char uri[512], chain[8192];
    defenderauth_daemon *daemon = a_service(folder);
    defenderauth_authenticator *me = NULL, *own = NULL;
    DOES(defenderauth_authenticator_new_daemon(daemon, NULL, (uint64_t)time(NULL), &me, error));
    DOES(defenderauth_authenticator_run(me, NULL, NULL, 60000, error));
    CHECK(defenderauth_authenticator_credential(me) == DEFENDERAUTH_CREDENTIAL_CERTIFICATE);
    const defenderauth_certificate *opened = defenderauth_authenticator_certificate(me);
    CHECK(defenderauth_certificate_has_key(opened));
    FAILS(DEFENDERAUTH_NOT_APPLICABLE, defenderauth_daemon_sas_token(daemon, me, NOW, 60, chain, sizeof chain, NULL, error));

    /* The program's own way. */
    defenderauth_str pem = defenderauth_certificate_chain_pem(opened);
    CHECK(pem.len < sizeof chain);
    memcpy(chain, pem.data, pem.len + 1);
    snprintf(uri, sizeof uri, "keyd:id=device-id&folder=%s", folder);
    defenderauth_certificate *named = NULL;
    DOES(defenderauth_certificate_with_key_uri(DEFENDERAUTH_TEXT(chain), DEFENDERAUTH_TEXT(uri), NULL, 0, &named, error));
    own = an_authenticator(daemon);
    FAILS(DEFENDERAUTH_STATE, defenderauth_authenticator_handle_certificate(own, NOW, named, error));
    uint16_t status =
        exchange(defenderauth_authenticator_request_address(own), defenderauth_authenticator_request_method(own),
                 defenderauth_authenticator_request_target(own), defenderauth_authenticator_request_body(own));
    DOES(defenderauth_authenticator_handle_response(own, NOW, status, NULL, 0, answer, answer_len, error));
    CHECK(defenderauth_authenticator_poll(own) == DEFENDERAUTH_ACTION_OPEN);
    DOES(defenderauth_authenticator_handle_certificate(own, NOW, named, error));
    CHECK(defenderauth_authenticator_same_outcome(me, own));
    defenderauth_certificate_free(named);
    defenderauth_authenticator_free(own);
    defenderauth_authenticator_free(me);

    /* A session. */
    defenderauth_sources *sources = a_source(an_authenticator(daemon));
    defenderauth_session *session = NULL;
    DOES(defenderauth_session_new(sources, NULL, NULL, NULL, 0, NULL, 0, LATER, 5000, &session, error));
    for (int round = 0; round < 20 && defenderauth_session_poll(session) != DEFENDERAUTH_SESSION_ACTION_CONNECT; round++) {
        if (defenderauth_session_poll(session) == DEFENDERAUTH_SESSION_ACTION_SAVE) {
            DOES(defenderauth_session_handle_saved(session, LATER, 5000, true, error));
        } else {
            DOES(defenderauth_session_exchange(session, NULL, LATER, 5000, 10000, error));
        }
    }
    CHECK(defenderauth_certificate_has_key(defenderauth_session_certificate(session)));
    FAILS(DEFENDERAUTH_STATE,
          defenderauth_session_handle_not_reached(session, LATER, 5000, DEFENDERAUTH_OBSTACLE_ABSENT, error));
    defenderauth_session_free(session);
    defenderauth_sources_free(sources);
    defenderauth_daemon_free(daemon);
}

/* What is in the way: no socket, no permission, no answer, another state. */
static void obstacles(const char *nowhere) {
    defenderauth_daemon *daemon = a_service(nowhere);
    defenderauth_authenticator *me = an_authenticator(daemon);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_authenticator_handle_not_reached(me, NOW, 4, error));
    FAILS(DEFENDERAUTH_FILE_READ,
          defenderauth_authenticator_handle_not_reached(me, NOW, DEFENDERAUTH_OBSTACLE_NOT_A_SOCKET, error));
    defenderauth_authenticator_free(me);
    me = an_authenticator(daemon);
    FAILS(DEFENDERAUTH_FILE_PERMISSION,
          defenderauth_authenticator_handle_not_reached(me, NOW, DEFENDERAUTH_OBSTACLE_DENIED, error));
    defenderauth_authenticator_free(me);
    me = an_authenticator(daemon);
    FAILS(DEFENDERAUTH_FILE_NOT_FOUND, defenderauth_authenticator_run(me, NULL, NULL, 60000, error));
    const defenderauth_error *failure = defenderauth_authenticator_failure(me);
    CHECK(strstr(defenderauth_error_message(failure).data, "aziot-identityd is not at unix://") != NULL);

    static const char text[] = HUB "%2Fdevices%2Fdev-01\n1700003600";
    const uint8_t *data = (const uint8_t *)text;
    size_t len = sizeof text - 1;
    FAILS(DEFENDERAUTH_STATE, defenderauth_daemon_handle_elapsed(daemon, NOW, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_daemon_run(daemon, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_daemon_begin_signature(daemon, NOW, data, 9, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_daemon_begin_signature(daemon, NOW, NULL, 0, error));
    DOES(defenderauth_daemon_begin_signature(daemon, NOW, data, len, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_daemon_handle_elapsed(daemon, NOW, error));
    DOES(defenderauth_daemon_handle_no_response(daemon, NOW, error));
    CHECK(defenderauth_daemon_poll(daemon) == DEFENDERAUTH_ACTION_WAIT);
    DOES(defenderauth_daemon_handle_elapsed(daemon, NOW + 2, error));
    FAILS(DEFENDERAUTH_FILE_NOT_FOUND,
          defenderauth_daemon_handle_not_reached(daemon, NOW + 2, DEFENDERAUTH_OBSTACLE_ABSENT, error));
    CHECK(defenderauth_daemon_poll(daemon) == DEFENDERAUTH_ACTION_FAILED);
    CHECK(defenderauth_error_result(defenderauth_daemon_failure(daemon)) == DEFENDERAUTH_FILE_NOT_FOUND);
    CHECK(is_nothing(defenderauth_daemon_request_body(daemon)));
    FAILS(DEFENDERAUTH_STATE, defenderauth_daemon_sas_token(daemon, me, NOW, 60, (char *)answer, 9, NULL, error));
    MAKES_NONE(defenderauth_daemon, DEFENDERAUTH_ARGUMENT,
               defenderauth_daemon_new_identity_service(DEFENDERAUTH_TEXT("run"), out, error));
    defenderauth_authenticator_free(me);
    defenderauth_daemon_free(daemon);
}

/* An agent that is found by its environment, and a driver that owns its daemon. */
static void found(const char *nowhere) {
    defenderauth_agent_config *config = NULL;
    defenderauth_daemon *daemon = NULL;
    defenderauth_driver *driver = NULL;
    DOES(defenderauth_agent_config_find(DEFENDERAUTH_TEXT(nowhere), &config, error));
    CHECK(defenderauth_agent_config_identity(config) == DEFENDERAUTH_IDENTITY_DAEMON);
    CHECK(is(defenderauth_agent_config_module_id(config), "azureiotsecurity"));
    DOES(defenderauth_agent_config_daemon(config, &daemon, error));
    DOES(defenderauth_driver_new(&driver, error));
    DOES(defenderauth_driver_give_daemon(driver, daemon, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_driver_give_daemon(driver, NULL, error));
    defenderauth_driver_free(driver);
    defenderauth_agent_config_free(config);
}

int main(int argc, char **argv) {
    CHECK(argc == 4);
    if (argc == 4) {
        module();
        service(argv[1]);
        session(argv[1]);
        obstacles(argv[2]);
        found(argv[2]);
        certified(argv[3]);
    }
    return outcome();
}
