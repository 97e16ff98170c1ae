/*
 * An agent that stays connected for years with operational certificates, with its own loop and its own MQTT client, here
 * libmosquitto 2 with OpenSSL. It registers with the key of an enrollment and requests a certificate, connects with that,
 * and renews it through the hub before it expires. The session decides what to do next. Each request and each certificate
 * is on the disk before the next step, so the program can end at any moment.
 *
 * Build: cc stay_certified.c $(pkg-config --cflags --libs defenderauth libmosquitto libssl libcrypto)
 * Run:   ./stay_certified SCOPE REGISTRATION_ID KEYFILE FOLDER [CAFILE HTTPS_HOST:PORT MQTT_ADDRESS MQTT_PORT]
 *        The folder keeps the state and the certificates from run to run. The rest is for tests: other trust anchors, the
 *        addresses to connect to instead of the services', and a policy that does not wait for hours.
 */
#define _DEFAULT_SOURCE /* CLOCK_BOOTTIME, fsync */
#include <defenderauth.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static defenderauth_session *session;
static defenderauth_certificates *kept;
static defenderauth_https *https;
static defenderauth_error *error;
static struct mosquitto *client;
static const char *folder, *ca_file, *mqtt_address;
static int mqtt_port = DEFENDERAUTH_MQTT_PORT;
/* What came of the latest connection, and of the latest subscription. */
static int connack, alert, granted;

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

static void end(const char *what) {
    fprintf(stderr, "stay_certified: %s\n", what);
    exit(1);
}

/* A call that only fails when a parameter of this program is wrong. Its details are in `error`. */
static void must(defenderauth_result result) {
    if (result != DEFENDERAUTH_OK) {
        end(defenderauth_error_line(error).data);
    }
}

static void say(const char *what) {
    printf("%s: %s\n", what, defenderauth_session_status(session).data);
    fflush(stdout);
}

/* ---- what is kept */

/* The state has no secret. It is complete before it replaces the former one. */
static bool save_state(void) {
    char path[4096], new_path[4100];
    defenderauth_str state = defenderauth_session_snapshot(session);
    snprintf(path, sizeof path, "%s/state", folder);
    snprintf(new_path, sizeof new_path, "%s.new", path);
    int file = open(new_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool is_written = file >= 0 && write(file, state.data, state.len) == (ssize_t)state.len && fsync(file) == 0;
    if (file >= 0) {
        is_written = close(file) == 0 && is_written;
    }
    return is_written && rename(new_path, path) == 0;
}

static defenderauth_result save_certificates(defenderauth_error **why) {
    return defenderauth_certificates_save(kept, DEFENDERAUTH_TEXT(folder), why);
}

/* Judges what was issued, and which is on the disk. If it is refused it is forgotten, unless the clock may be wrong. */
static defenderauth_result accept_certificate(uint64_t now) {
    defenderauth_error *why = NULL;
    defenderauth_result result = defenderauth_certificates_accept(kept, NULL, 0, now, &why);
    if (result != DEFENDERAUTH_OK) {
        printf("certificate refused: %s\n", defenderauth_error_line(why).data);
    }
    defenderauth_error_free(why);
    if (result != DEFENDERAUTH_OK && result != DEFENDERAUTH_CLOCK) {
        must(defenderauth_certificates_discard(kept, &error));
    }
    /* If this fails, what is on the disk leads to the same at the next start. */
    (void)!save_certificates(NULL);
    return result;
}

/* MAKE_REQUEST: the pending request, or a new one, which is on the disk with its key before the session goes on. */
static void make_request(void) {
    defenderauth_str name = defenderauth_session_request_common_name(session);
    defenderauth_str pending = defenderauth_certificates_request_common_name(kept);
    defenderauth_error *why = NULL;
    defenderauth_result result = DEFENDERAUTH_OK;
    if (defenderauth_session_request_is_new(session) || strcmp(pending.data, name.data) != 0) {
        result = defenderauth_certificates_begin(kept, name.data, name.len, DEFENDERAUTH_CURVE_P384, &why);
    }
    if (result == DEFENDERAUTH_OK) {
        result = save_certificates(&why);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_session_handle_request_made(session, NOW, kept, &why);
    }
    if (result != DEFENDERAUTH_OK) {
        printf("no request: %s\n", defenderauth_error_line(why).data);
        must(defenderauth_session_handle_request_failed(session, NOW, &error));
    } else {
        say("certificate requested");
    }
    defenderauth_error_free(why);
}

/* KEEP_CERTIFICATE: on the disk first, because nobody repeats it; then it is judged. */
static void keep_certificate(void) {
    must(defenderauth_certificates_take_session(kept, session, &error));
    defenderauth_result result = save_certificates(NULL);
    if (result == DEFENDERAUTH_OK) {
        result = accept_certificate(defenderauth_session_clock_seconds(session, NOW));
        if (result != DEFENDERAUTH_OK && result != DEFENDERAUTH_CLOCK) {
            must(defenderauth_session_handle_certificate_refused(session, NOW, &error));
            say("certificate refused");
            return;
        }
    }
    must(result == DEFENDERAUTH_OK ? defenderauth_session_handle_certificate_kept(session, NOW, kept, &error)
                                   : defenderauth_session_handle_certificate_not_kept(session, NOW, &error));
    say(result == DEFENDERAUTH_OK ? "certificate kept" : "certificate not kept");
}

/* ---- the connection */

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

static void on_subscribe(struct mosquitto *from, void *user, int id, int count, const int *qos) {
    (void)from, (void)user, (void)id;
    granted = count > 0 ? qos[0] : 128;
}

static void on_message(struct mosquitto *from, void *user, const struct mosquitto_message *message) {
    (void)from, (void)user;
    /* The agent's own messages go here too. */
    if (defenderauth_session_poll(session) == DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE) {
        must(defenderauth_session_handle_message(session, NOW, DEFENDERAUTH_TEXT(message->topic),
                                                 (const uint8_t *)message->payload, (size_t)message->payloadlen,
                                                 &error));
    }
}

/* The certificate of the login and its key, for OpenSSL. */
static void present(SSL_CTX *tls, const defenderauth_certificate *certificate) {
    defenderauth_str chain = defenderauth_certificate_chain_pem(certificate);
    char pem[DEFENDERAUTH_TEXT_CAPACITY];
    BIO *chain_bio = BIO_new_mem_buf(chain.data, (int)chain.len);
    X509 *one = PEM_read_bio_X509(chain_bio, NULL, NULL, NULL);
    SSL_CTX_use_certificate(tls, one);
    X509_free(one);
    while ((one = PEM_read_bio_X509(chain_bio, NULL, NULL, NULL)) != NULL) {
        SSL_CTX_add_extra_chain_cert(tls, one);
    }
    BIO_free(chain_bio);
    must(defenderauth_certificate_key_to_pem(certificate, pem, sizeof pem, NULL, &error));
    BIO *key_bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    if (SSL_CTX_use_PrivateKey(tls, key) != 1) {
        end("OpenSSL cannot use the key");
    }
    EVP_PKEY_free(key);
    BIO_free(key_bio);
    defenderauth_wipe(pem, sizeof pem);
}

/* TLS for one host, whose name the certificate must contain. */
static SSL_CTX *context(const char *host) {
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_info_callback(tls, on_info);
    X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(tls), host, 0);
    if (ca_file == NULL ? SSL_CTX_set_default_verify_paths(tls) != 1
                        : SSL_CTX_load_verify_locations(tls, ca_file, NULL) != 1) {
        end("the trust anchors cannot be read");
    }
    return tls;
}

static void disconnect(void) {
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    client = NULL;
}

/* Lets the client work for a moment. False when the connection has ended, which is reported. */
static bool work(void) {
    if (mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS) {
        return true;
    }
    disconnect();
    must(defenderauth_session_handle_disconnected(session, NOW, DEFENDERAUTH_LOSS_DROPPED, &error));
    say("connection lost");
    return false;
}

/* Reports the certificate in the device's twin. */
static void report(void) {
    defenderauth_str text = defenderauth_certificates_twin_report(kept);
    mosquitto_publish(client, NULL, "$iothub/twin/PATCH/properties/reported/?$rid=1", (int)text.len, text.data, 1, false);
}

/* CONNECT and RENEW: with a certificate, or with a token of the enrollment's key while there is none. */
static void connect_with(const char *host, const char *done) {
    const defenderauth_certificate *certificate = defenderauth_session_certificate(session);
    char token[DEFENDERAUTH_TEXT_CAPACITY] = "";
    SSL_CTX *tls = context(host);
    if (certificate != NULL) {
        present(tls, certificate);
    } else {
        must(defenderauth_session_password(session, token, sizeof token, NULL, &error));
    }
    disconnect();
    client = mosquitto_new(defenderauth_session_mqtt_client_id(session).data, true, NULL);
    mosquitto_username_pw_set(client, defenderauth_session_mqtt_user_name(session).data,
                              certificate == NULL ? token : NULL);
    defenderauth_wipe(token, sizeof token);
    mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, tls);
    mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    SSL_CTX_free(tls);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_message_callback_set(client, on_message);
    connack = -1;
    alert = 0;
    int result = mosquitto_connect(client, mqtt_address != NULL ? mqtt_address : host, mqtt_port, 240);
    while (result == MOSQ_ERR_SUCCESS && connack < 0 &&
           milliseconds() < defenderauth_session_deadline_milliseconds(session)) {
        result = mosquitto_loop(client, 100, 1);
    }
    if (connack == 0) {
        if (certificate != NULL) {
            report();
        }
        must(defenderauth_session_handle_connected(session, NOW, 0, &error));
        say(done);
        return;
    }
    disconnect();
    if (connack > 0) {
        must(defenderauth_session_handle_rejected(session, NOW, DEFENDERAUTH_REJECTION_CONNACK, (uint16_t)connack, 0, 0,
                                                  &error));
    } else if (alert != 0) {
        must(defenderauth_session_handle_tls_failed(session, NOW, defenderauth_tls_failure_of_alert((uint8_t)alert), 0,
                                                    &error));
    } else {
        must(defenderauth_session_handle_unreachable(session, NOW, &error));
    }
    say("not connected");
}

/* ---- the renewal, over the connection that stands */

static void subscribe(const char *topic) {
    granted = -1;
    mosquitto_subscribe(client, NULL, topic, 1);
    while (granted < 0) {
        if (!work()) {
            return;
        }
    }
    must(granted < 128 ? defenderauth_session_handle_subscribed(session, NOW, &error)
                       : defenderauth_session_handle_subscription_refused(session, NOW, &error));
}

/* RENEW_CERTIFICATE */
static void renew(void) {
    static uint64_t wait_ends;
    const defenderauth_renewal *renewal = defenderauth_session_renewal(session);
    const char *topic = defenderauth_renewal_topic(renewal).data;
    defenderauth_slice payload = defenderauth_renewal_payload(renewal);
    uint64_t until = 0;
    switch (defenderauth_renewal_poll(renewal)) {
    case DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE:
        say("renewing the certificate");
        subscribe(topic);
        return;
    case DEFENDERAUTH_RENEWAL_ACTION_PUBLISH:
        mosquitto_publish(client, NULL, topic, (int)payload.len, payload.data, 1, false);
        must(defenderauth_session_handle_published(session, NOW, &error));
        return;
    case DEFENDERAUTH_RENEWAL_ACTION_LISTEN:
        until = defenderauth_renewal_until_milliseconds(renewal);
        break;
    default: /* WAIT; the session takes the end of a renewal itself */
        if (wait_ends == 0) {
            wait_ends = milliseconds() + defenderauth_renewal_wait_at_least_milliseconds(renewal);
        }
        until = wait_ends;
    }
    if (milliseconds() < until) {
        /* An answer that comes, or the loss of the connection, changes what is pending. */
        work();
    } else {
        must(defenderauth_session_handle_elapsed(session, NOW, &error));
    }
    if (defenderauth_renewal_poll(defenderauth_session_renewal(session)) != DEFENDERAUTH_RENEWAL_ACTION_WAIT) {
        wait_ends = 0;
    }
}

/* ---- the loop */

/* The operation that a request was sent by is on the disk too: after a restart the session asks what came of it. */
static void note_operation(void) {
    defenderauth_str operation = defenderauth_session_pending_operation(session);
    if (operation.len > 0 && strcmp(defenderauth_certificates_operation(kept).data, operation.data) != 0) {
        must(defenderauth_certificates_sent_by(kept, operation.data, operation.len, &error));
        (void)!save_certificates(NULL); /* if this fails, a program that ends now requests another one */
    }
}

static void authenticate(void) {
    const defenderauth_authenticator *run = defenderauth_session_authenticator(session);
    note_operation();
    if (defenderauth_authenticator_poll(run) == DEFENDERAUTH_ACTION_SEND) {
        printf("%s\n", defenderauth_authenticator_state(run).data);
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
        connect_with(host, action == DEFENDERAUTH_SESSION_ACTION_CONNECT ? "connected" : "connected anew");
        break;
    case DEFENDERAUTH_SESSION_ACTION_SAVE:
        must(defenderauth_session_handle_saved(session, NOW, save_state(), &error));
        break;
    case DEFENDERAUTH_SESSION_ACTION_DISCONNECT:
        disconnect();
        must(defenderauth_session_handle_disconnected(session, NOW, DEFENDERAUTH_LOSS_DROPPED, &error));
        break;
    case DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST:
        make_request();
        break;
    case DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE:
        renew();
        break;
    case DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE:
        keep_certificate();
        break;
    case DEFENDERAUTH_SESSION_ACTION_STAY:
    case DEFENDERAUTH_SESSION_ACTION_WAIT:
        if (milliseconds() >= due()) {
            must(defenderauth_session_handle_elapsed(session, NOW, &error));
        } else if (action == DEFENDERAUTH_SESSION_ACTION_WAIT) {
            pause_for(100);
        } else {
            work();
        }
        break;
    default: /* SIGN is for keys that are held elsewhere. */
        end("this program cannot perform the action");
    }
}

/* ---- the beginning */

/* In tests nobody waits for hours. */
static defenderauth_policy *quick(void) {
    defenderauth_policy *policy = NULL;
    must(defenderauth_policy_new(&policy, &error));
    must(defenderauth_policy_set_seconds(policy, DEFENDERAUTH_TIME_STABLE_AFTER, 1, &error));
    must(defenderauth_policy_set_limit(policy, DEFENDERAUTH_LIMIT_PASSES, 1, &error));
    must(defenderauth_policy_set_rate(policy, DEFENDERAUTH_RATE_CERTIFICATES, 2, 1000, &error));
    for (int32_t ladder = DEFENDERAUTH_LADDER_CONNECT; ladder <= DEFENDERAUTH_LADDER_CLOCK; ladder++) {
        must(defenderauth_policy_set_backoff(policy, ladder, 200, 2000, 50, &error));
    }
    return policy;
}

static size_t read_file(const char *path, char *buf, size_t size) {
    int file = open(path, O_RDONLY);
    ssize_t len = file < 0 ? 0 : read(file, buf, size);
    if (file >= 0) {
        close(file);
    }
    return len > 0 ? (size_t)len : 0;
}

/* With what an earlier run has saved, if it can be used. */
static void begin(const defenderauth_sources *sources, const defenderauth_policy *policy) {
    char path[4096], saved[16384];
    snprintf(path, sizeof path, "%s/state", folder);
    size_t len = read_file(path, saved, sizeof saved);
    defenderauth_result result =
        defenderauth_session_new(sources, policy, NULL, saved, len, NULL, 0, NOW, &session, &error);
    if (result == DEFENDERAUTH_SNAPSHOT) {
        defenderauth_error_free(error);
        len = 0;
        result = defenderauth_session_new(sources, policy, NULL, NULL, 0, NULL, 0, NOW, &session, &error);
    }
    must(result);
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
        fprintf(stderr, "usage: stay_certified SCOPE REGISTRATION_ID KEYFILE FOLDER "
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
    must(defenderauth_certificates_load_locked(DEFENDERAUTH_TEXT(folder), &kept, &error));
    if (defenderauth_certificates_is_issued(kept)) { /* an earlier run ended before it was judged */
        (void)accept_certificate(seconds());
    }
    must(defenderauth_key_from_base64(text, read_file(argv[3], text, sizeof text), &key, &error));
    defenderauth_wipe(text, sizeof text);
    must(defenderauth_profile_new(DEFENDERAUTH_TEXT(argv[1]), DEFENDERAUTH_TEXT(argv[2]), &profile, &error));
    must(defenderauth_authenticator_new_dps_key(profile, NULL, 0, key, NULL, seconds(), &enrollment, &error));
    must(defenderauth_sources_new(&sources, &error));
    must(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("dps"), enrollment, &error));
    must(defenderauth_sources_request_certificates(sources, kept, &error));
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
