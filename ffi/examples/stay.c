/*
 * An agent that stays connected for years, with its own loop and its own MQTT client, here libmosquitto 2 with OpenSSL.
 * The session decides what to do next; this program connects, waits and writes files. It registers with the
 * provisioning service, gets the keys of its security module from the hub, and prints a line for each thing that
 * happens.
 *
 * Build: cc stay.c $(pkg-config --cflags --libs defenderauth libmosquitto libssl libcrypto) -o stay
 * Run:   ./stay SCOPE REGISTRATION_ID KEYFILE FOLDER [CAFILE HTTPS_HOST:PORT MQTT_ADDRESS MQTT_PORT]
 *        The folder keeps the state from run to run. The rest is for tests: other trust anchors, the addresses to
 *        connect to instead of the services', and a policy that does not wait for hours.
 */
#define _DEFAULT_SOURCE /* CLOCK_BOOTTIME, fsync */
#include <defenderauth.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static defenderauth_session *session;
static defenderauth_https *https;
static defenderauth_error *error;
static struct mosquitto *client;
static const char *folder, *ca_file, *mqtt_address;
static int mqtt_port = DEFENDERAUTH_MQTT_PORT;
/* What came of the latest connection. */
static int connack, alert, verification;

static uint64_t seconds(void) {
    return (uint64_t)time(NULL);
}

/* By a clock that nobody sets, and that also counts while the system sleeps. */
static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#define NOW seconds(), milliseconds()

static void pause_for(uint64_t span) {
    struct timespec rest = {(time_t)(span / 1000), (long)(span % 1000) * 1000000};
    nanosleep(&rest, NULL);
}

/* A call that only fails when a parameter of this program is wrong. Its details are in `error`. */
static void must(defenderauth_result result) {
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "stay: %s\n", defenderauth_error_line(error).data);
        exit(1);
    }
}

static void say(const char *what) {
    const char *host = defenderauth_session_host_name(session).data;
    printf("%s: %s: %s\n", what, host, defenderauth_session_status(session).data);
    fflush(stdout);
}

/* ---- files: written beside the old one, and complete before they replace it */

static size_t read_file(const char *path, char *buf, size_t size) {
    int file = open(path, O_RDONLY);
    ssize_t len = file < 0 ? 0 : read(file, buf, size);
    if (file >= 0) {
        close(file);
    }
    return len > 0 ? (size_t)len : 0;
}

static bool write_file(const char *name, const char *text, size_t len) {
    char path[4096], new_path[4100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(new_path, sizeof new_path, "%s.new", path);
    int file = open(new_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool is_written = file >= 0 && write(file, text, len) == (ssize_t)len && fsync(file) == 0;
    if (file >= 0) {
        is_written = close(file) == 0 && is_written;
    }
    return is_written && rename(new_path, path) == 0;
}

static bool save(void) {
    char secret[DEFENDERAUTH_SNAPSHOT_SECRET_CAPACITY];
    size_t len = 0;
    defenderauth_str state = defenderauth_session_snapshot(session);
    must(defenderauth_session_snapshot_secret(session, secret, sizeof secret, &len, &error));
    bool is_saved = write_file("secret", secret, len) && write_file("state", state.data, state.len);
    defenderauth_wipe(secret, sizeof secret);
    return is_saved;
}

/* ---- the connection */

static int on_verify(int is_valid, X509_STORE_CTX *store) {
    verification = is_valid ? verification : X509_STORE_CTX_get_error(store);
    return is_valid;
}

static void on_info(const SSL *ssl, int where, int value) {
    (void)ssl;
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL) {
        alert = value & 0xff;
    }
}

static void on_connect(struct mosquitto *from, void *user, int code) {
    (void)from, (void)user;
    connack = code;
}

/* TLS for one host, whose name the certificate must contain. */
static SSL_CTX *context(const char *host) {
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_info_callback(tls, on_info);
    X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(tls), host, 0);
    if (ca_file == NULL ? SSL_CTX_set_default_verify_paths(tls) != 1
                        : SSL_CTX_load_verify_locations(tls, ca_file, NULL) != 1) {
        fprintf(stderr, "stay: the trust anchors cannot be read\n");
        exit(1);
    }
    return tls;
}

static int32_t tls_failure(void) {
    switch (verification) {
    case X509_V_OK:
        return defenderauth_tls_failure_of_alert((uint8_t)alert);
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return DEFENDERAUTH_TLS_FAILURE_SERVER_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return DEFENDERAUTH_TLS_FAILURE_SERVER_NOT_YET_VALID;
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return DEFENDERAUTH_TLS_FAILURE_SERVER_WRONG_NAME;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return DEFENDERAUTH_TLS_FAILURE_SERVER_UNTRUSTED;
    default:
        return DEFENDERAUTH_TLS_FAILURE_SERVER_CERTIFICATE;
    }
}

static void disconnect(void) {
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    client = NULL;
}

/* A new connection takes the place of one that stands: over MQTT 3.1.1 a token cannot be handed over. */
static void connect_with(const char *host, const char *done) {
    char token[DEFENDERAUTH_TEXT_CAPACITY];
    SSL_CTX *tls = context(host);
    disconnect();
    client = mosquitto_new(defenderauth_session_mqtt_client_id(session).data, true, NULL);
    must(defenderauth_session_password(session, token, sizeof token, NULL, &error));
    mosquitto_username_pw_set(client, defenderauth_session_mqtt_user_name(session).data, token);
    defenderauth_wipe(token, sizeof token);
    mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, tls);
    mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    SSL_CTX_free(tls);
    mosquitto_connect_callback_set(client, on_connect);
    connack = -1;
    alert = verification = 0;
    int result = mosquitto_connect(client, mqtt_address != NULL ? mqtt_address : host, mqtt_port, 240);
    while (result == MOSQ_ERR_SUCCESS && connack < 0 &&
           milliseconds() < defenderauth_session_deadline_milliseconds(session)) {
        result = mosquitto_loop(client, 100, 1);
    }
    if (connack == 0) {
        must(defenderauth_session_handle_connected(session, NOW, 0, &error));
        say(done);
        return;
    }
    disconnect();
    if (connack > 0) {
        must(defenderauth_session_handle_rejected(session, NOW, DEFENDERAUTH_REJECTION_CONNACK, (uint16_t)connack, 0, 0,
                                                  &error));
    } else if (alert != 0 || verification != X509_V_OK) {
        must(defenderauth_session_handle_tls_failed(session, NOW, tls_failure(), 0, &error));
    } else {
        must(defenderauth_session_handle_unreachable(session, NOW, &error));
    }
    say("not connected");
}

/* ---- the loop */

static void authenticate(void) {
    const defenderauth_authenticator *run = defenderauth_session_authenticator(session);
    if (defenderauth_authenticator_poll(run) == DEFENDERAUTH_ACTION_SEND) {
        const char *host = defenderauth_authenticator_request_host(run).data;
        printf("%s: %s\n", defenderauth_authenticator_state(run).data, host);
        must(defenderauth_session_exchange(session, https, NOW, 30000, &error));
    } else {
        pause_for(defenderauth_authenticator_wait_at_least_milliseconds(run));
        must(defenderauth_session_handle_elapsed(session, NOW, &error));
    }
}

/* The time in the pending window at which this device acts, picked once for each window. */
static uint64_t due(void) {
    static uint64_t from, until, at;
    if (from != defenderauth_session_from_milliseconds(session) ||
        until != defenderauth_session_until_milliseconds(session)) {
        uint32_t random = 0;
        RAND_bytes((unsigned char *)&random, sizeof random);
        from = defenderauth_session_from_milliseconds(session);
        until = defenderauth_session_until_milliseconds(session);
        at = defenderauth_session_pick_milliseconds(session, random);
    }
    return until == 0 ? UINT64_MAX : at;
}

static void watch_clock(void) {
    static int64_t known;
    int64_t difference = (int64_t)seconds() - (int64_t)(milliseconds() / 1000);
    if (known != 0 && llabs(difference - known) > 5) {
        must(defenderauth_session_handle_clock_set(session, NOW, &error));
        say("the clock was set");
    }
    known = difference;
}

static void step(void) {
    int32_t action = defenderauth_session_poll(session);
    const char *host = defenderauth_session_mqtt_host_name(session).data;
    switch (action) {
    case DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE:
        authenticate();
        break;
    case DEFENDERAUTH_SESSION_ACTION_CONNECT:
    case DEFENDERAUTH_SESSION_ACTION_RENEW:
        connect_with(host, action == DEFENDERAUTH_SESSION_ACTION_CONNECT ? "connected" : "renewed");
        break;
    case DEFENDERAUTH_SESSION_ACTION_SAVE:
        must(defenderauth_session_handle_saved(session, NOW, save(), &error));
        break;
    case DEFENDERAUTH_SESSION_ACTION_DISCONNECT:
        disconnect();
        must(defenderauth_session_handle_disconnected(session, NOW, DEFENDERAUTH_LOSS_DROPPED, &error));
        break;
    case DEFENDERAUTH_SESSION_ACTION_STAY:
        /* The agent's own messages go here: mosquitto_publish, mosquitto_subscribe. */
        if (mosquitto_loop(client, 100, 1) != MOSQ_ERR_SUCCESS) {
            disconnect();
            must(defenderauth_session_handle_disconnected(session, NOW, DEFENDERAUTH_LOSS_DROPPED, &error));
            say("connection lost");
            break;
        }
        /* fall through */
    case DEFENDERAUTH_SESSION_ACTION_WAIT:
        if (milliseconds() >= due()) {
            must(defenderauth_session_handle_elapsed(session, NOW, &error));
        } else if (action == DEFENDERAUTH_SESSION_ACTION_WAIT) {
            pause_for(100);
        }
        break;
    default: /* SIGN is for keys that are held elsewhere. */
        fprintf(stderr, "stay: this program cannot perform action %d\n", (int)action);
        exit(1);
    }
}

/* ---- the beginning */

/* In tests nobody waits for hours. */
static defenderauth_policy *quick(void) {
    defenderauth_policy *policy = NULL;
    must(defenderauth_policy_new(&policy, &error));
    must(defenderauth_policy_set_seconds(policy, DEFENDERAUTH_TIME_TOKEN, 20, &error));
    must(defenderauth_policy_set_seconds(policy, DEFENDERAUTH_TIME_RETURN_AFTER, 3, &error));
    must(defenderauth_policy_set_seconds(policy, DEFENDERAUTH_TIME_STABLE_AFTER, 1, &error));
    must(defenderauth_policy_set_seconds(policy, DEFENDERAUTH_TIME_CONNECT, 3, &error));
    must(defenderauth_policy_set_limit(policy, DEFENDERAUTH_LIMIT_PASSES, 1, &error));
    for (int32_t ladder = DEFENDERAUTH_LADDER_CONNECT; ladder <= DEFENDERAUTH_LADDER_CLOCK; ladder++) {
        must(defenderauth_policy_set_backoff(policy, ladder, 200, 2000, 50, &error));
    }
    return policy;
}

/* With what an earlier run has saved, as far as it can be used. */
static void begin(const defenderauth_sources *sources, const defenderauth_policy *policy) {
    char path[4096], saved[16384], secret[DEFENDERAUTH_SNAPSHOT_SECRET_CAPACITY];
    snprintf(path, sizeof path, "%s/state", folder);
    size_t len = read_file(path, saved, sizeof saved), secret_len;
    snprintf(path, sizeof path, "%s/secret", folder);
    secret_len = read_file(path, secret, sizeof secret);
    defenderauth_result result;
    while ((result = defenderauth_session_new(sources, policy, NULL, saved, len, secret, secret_len, NOW, &session,
                                              &error)) == DEFENDERAUTH_SNAPSHOT) {
        fprintf(stderr, "stay: %s\n", defenderauth_error_line(error).data);
        defenderauth_error_free(error);
        len = secret_len > 0 ? len : 0;
        secret_len = 0;
    }
    must(result);
    defenderauth_wipe(secret, sizeof secret);
    say(len > 0 ? "restored" : "begun");
}

int main(int argc, char **argv) {
    defenderauth_key *key = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_authenticator *enrollment = NULL;
    defenderauth_sources *sources = NULL;
    defenderauth_policy *policy = NULL;
    char text[256];
    if (argc != 5 && argc != 9) {
        fprintf(stderr, "usage: stay SCOPE REGISTRATION_ID KEYFILE FOLDER "
                        "[CAFILE HTTPS_HOST:PORT MQTT_ADDRESS MQTT_PORT]\n");
        return 2;
    }
    folder = argv[4];
    mosquitto_lib_init();
    must(defenderauth_https_new(&https, &error));
    if (argc == 9) {
        ca_file = argv[5];
        mqtt_address = argv[7];
        mqtt_port = atoi(argv[8]);
        must(defenderauth_https_set_ca_file(https, DEFENDERAUTH_TEXT(ca_file), &error));
        must(defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT(argv[6]), &error));
        policy = quick();
    }
    must(defenderauth_key_from_base64(text, read_file(argv[3], text, sizeof text), &key, &error));
    defenderauth_wipe(text, sizeof text);
    must(defenderauth_profile_new(DEFENDERAUTH_TEXT(argv[1]), DEFENDERAUTH_TEXT(argv[2]), &profile, &error));
    must(defenderauth_authenticator_new_dps_key(profile, DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY), key,
                                                NULL, seconds(), &enrollment, &error));
    must(defenderauth_sources_new(&sources, &error));
    must(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("dps"), enrollment, &error));
    begin(sources, policy);
    defenderauth_sources_free(sources);
    defenderauth_authenticator_free(enrollment);
    defenderauth_profile_free(profile);
    defenderauth_policy_free(policy);
    defenderauth_key_free(key);
    for (;;) {
        watch_clock();
        step();
    }
}
