/*
 * A certificate that is issued at the registration, used, and renewed through the hub. It registers with the key of an
 * enrollment over the built-in HTTPS driver, and connects with its own MQTT client, here libmosquitto 2 with OpenSSL. Each
 * step is on the disk before the next one begins, so the program can end at any moment: the next run continues.
 *
 * Build: cc operational_certificate.c $(pkg-config --cflags --libs defenderauth libmosquitto libssl libcrypto)
 * Run:   ./operational_certificate SCOPE REGISTRATION_ID KEYFILE FOLDER [CAFILE HTTPS_HOST:PORT MQTT_ADDRESS MQTT_PORT]
 *        The first run of a FOLDER gets a certificate, each further run renews it. The rest is for tests: other trust
 *        anchors, and the addresses to connect to instead of the services'.
 */
#define _DEFAULT_SOURCE /* clock_gettime, nanosleep */
#include <defenderauth.h>
#include <mosquitto.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static defenderauth_certificates *kept;
static defenderauth_renewal *renewal;
static defenderauth_error *error;
static struct mosquitto *client;
static const char *folder, *ca_file, *https_address, *mqtt_address;
static int mqtt_port = DEFENDERAUTH_MQTT_PORT;
static bool is_connected, is_subscribed, is_refused;

static uint64_t seconds(void) {
    return (uint64_t)time(NULL);
}

static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#define NOW seconds(), milliseconds()

static void end(const char *what) {
    fprintf(stderr, "operational_certificate: %s\n", what);
    exit(1);
}

static void must(defenderauth_result result) {
    if (result != DEFENDERAUTH_OK) {
        end(defenderauth_error_line(error).data);
    }
}

static void save(void) {
    must(defenderauth_certificates_save(kept, DEFENDERAUTH_TEXT(folder), &error));
}

/* ---- the registration */

static defenderauth_authenticator *registered(const char *scope, const char *id, const char *key_text) {
    defenderauth_authenticator *device = NULL;
    defenderauth_options *options = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_https *https = NULL;
    defenderauth_key *key = NULL;
    must(defenderauth_key_from_base64(DEFENDERAUTH_TEXT(key_text), &key, &error));
    must(defenderauth_options_new(&options, &error));
    must(defenderauth_options_set_certificate_renewal(options, true, &error));
    must(defenderauth_profile_new(DEFENDERAUTH_TEXT(scope), DEFENDERAUTH_TEXT(id), &profile, &error));
    if (!defenderauth_certificates_is_issued(kept) && defenderauth_certificates_current(kept) == NULL) {
        defenderauth_slice request = defenderauth_certificates_request(kept);
        defenderauth_str operation = defenderauth_certificates_operation(kept); /* of a run that was interrupted */
        must(defenderauth_profile_set_certificate_request(profile, request.data, request.len, &error));
        must(defenderauth_profile_set_pending_operation(profile, operation.data, operation.len, &error));
    }
    must(defenderauth_https_new(&https, &error));
    if (ca_file != NULL) {
        must(defenderauth_https_set_ca_file(https, DEFENDERAUTH_TEXT(ca_file), &error));
        must(defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT(https_address), &error));
    }
    must(defenderauth_authenticator_new_dps_key(profile, NULL, 0, key, options, seconds(), &device, &error));
    must(defenderauth_authenticator_run_keeping(device, https, NULL, 30000, kept, DEFENDERAUTH_TEXT(folder), &error));
    defenderauth_https_free(https);
    defenderauth_profile_free(profile);
    defenderauth_options_free(options);
    defenderauth_key_free(key);
    return device;
}

/* What was issued is judged, and in use from the next connection on. */
static void accept(const char *how) {
    defenderauth_error *why = NULL;
    defenderauth_result result = defenderauth_certificates_accept(kept, NULL, 0, seconds(), &why);
    if (result != DEFENDERAUTH_OK && result != DEFENDERAUTH_CLOCK) {
        must(defenderauth_certificates_discard(kept, &error));
    }
    save();
    if (result != DEFENDERAUTH_OK) {
        end(defenderauth_error_line(why).data);
    }
    printf("%s\nvalid from %llu to %llu\n",
           how, (unsigned long long)defenderauth_certificate_not_before(defenderauth_certificates_current(kept)),
           (unsigned long long)defenderauth_certificate_not_after(defenderauth_certificates_current(kept)));
}

/* ---- the connection */

static void on_connect(struct mosquitto *from, void *user, int code) {
    (void)from, (void)user;
    is_connected = code == 0;
    is_refused = code != 0;
}

static void on_disconnect(struct mosquitto *from, void *user, int code) {
    (void)from, (void)user, (void)code;
    is_connected = false;
}

static void on_subscribe(struct mosquitto *from, void *user, int id, int count, const int *granted) {
    (void)from, (void)user, (void)id;
    is_subscribed = count > 0 && granted[0] < 128;
    is_refused = !is_subscribed;
}

static void on_message(struct mosquitto *from, void *user, const struct mosquitto_message *message) {
    (void)from, (void)user;
    must(defenderauth_renewal_handle_message(renewal, NOW, DEFENDERAUTH_TEXT(message->topic),
                                             (const uint8_t *)message->payload, (size_t)message->payloadlen, &error));
}

/* The certificate in use and its key, for OpenSSL. */
static void present(SSL_CTX *tls) {
    const defenderauth_certificate *certificate = defenderauth_certificates_current(kept);
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

static void disconnect(void) {
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    client = NULL;
    is_connected = false;
}

static void connect_as(const defenderauth_authenticator *device) {
    const char *host = defenderauth_authenticator_mqtt_host_name(device).data;
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(tls), host, 0);
    if (ca_file == NULL ? SSL_CTX_set_default_verify_paths(tls) != 1
                        : SSL_CTX_load_verify_locations(tls, ca_file, NULL) != 1) {
        end("the trust anchors cannot be read");
    }
    present(tls);
    disconnect();
    client = mosquitto_new(defenderauth_authenticator_mqtt_client_id(device).data, true, NULL);
    mosquitto_username_pw_set(client, defenderauth_authenticator_mqtt_user_name(device).data, NULL);
    mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, tls);
    mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    SSL_CTX_free(tls);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_disconnect_callback_set(client, on_disconnect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_message_callback_set(client, on_message);
    is_refused = false;
    int result = mosquitto_connect(client, mqtt_address != NULL ? mqtt_address : host, mqtt_port, 240);
    for (int turns = 0; result == MOSQ_ERR_SUCCESS && !is_connected && !is_refused && turns < 300; turns++) {
        result = mosquitto_loop(client, 100, 1);
    }
    if (!is_connected) {
        end("the hub was not reached, or rejects the certificate");
    }
}

/* ---- the renewal */

/* Lets the client work for a moment. The end of the connection is an event of the renewal. */
static bool work(const defenderauth_authenticator *device) {
    if (mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS && is_connected) {
        return true;
    }
    must(defenderauth_renewal_handle_disconnected(renewal, NOW, &error));
    connect_as(device);
    return false;
}

static void wait_until(uint64_t time, const defenderauth_authenticator *device) {
    int32_t action = defenderauth_renewal_poll(renewal);
    while (defenderauth_renewal_poll(renewal) == action && milliseconds() < time) {
        if (!work(device)) {
            return;
        }
    }
    if (defenderauth_renewal_poll(renewal) == action) {
        must(defenderauth_renewal_handle_elapsed(renewal, NOW, &error));
    }
}

static void subscribe(const defenderauth_authenticator *device) {
    is_subscribed = is_refused = false;
    mosquitto_subscribe(client, NULL, defenderauth_renewal_topic(renewal).data, 1);
    while (!is_subscribed && !is_refused) {
        if (!work(device)) {
            return;
        }
    }
    must(is_subscribed ? defenderauth_renewal_handle_subscribed(renewal, NOW, &error)
                       : defenderauth_renewal_handle_subscription_refused(renewal, NOW, &error));
}

static void renew(const defenderauth_authenticator *device) {
    defenderauth_str id = defenderauth_authenticator_device_id(device);
    must(defenderauth_renewal_new(kept, id.data, id.len, 3600, NOW, &renewal, &error));
    for (;;) {
        defenderauth_slice payload = defenderauth_renewal_payload(renewal);
        switch (defenderauth_renewal_poll(renewal)) {
        case DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE:
            subscribe(device);
            break;
        case DEFENDERAUTH_RENEWAL_ACTION_PUBLISH:
            mosquitto_publish(client, NULL, defenderauth_renewal_topic(renewal).data, (int)payload.len, payload.data, 1,
                              false);
            must(defenderauth_renewal_handle_published(renewal, NOW, &error));
            break;
        case DEFENDERAUTH_RENEWAL_ACTION_LISTEN: /* an answer may extend it: look again after each moment */
            if (milliseconds() >= defenderauth_renewal_until_milliseconds(renewal)) {
                must(defenderauth_renewal_handle_elapsed(renewal, NOW, &error));
            } else {
                work(device);
            }
            break;
        case DEFENDERAUTH_RENEWAL_ACTION_WAIT:
            wait_until(milliseconds() + defenderauth_renewal_wait_at_least_milliseconds(renewal), device);
            break;
        case DEFENDERAUTH_RENEWAL_ACTION_DONE:
            must(defenderauth_certificates_take_renewal(kept, renewal, &error));
            save();
            defenderauth_renewal_free(renewal);
            renewal = NULL;
            return;
        default:
            end(defenderauth_error_line(defenderauth_renewal_failure(renewal)).data);
        }
    }
}

/* The first connection with a certificate reports it in the device's twin. */
static void report(void) {
    defenderauth_str text = defenderauth_certificates_twin_report(kept);
    mosquitto_publish(client, NULL, "$iothub/twin/PATCH/properties/reported/?$rid=1", (int)text.len, text.data, 1, false);
    while (mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS && mosquitto_want_write(client)) {
    }
    puts("connected with the certificate");
}

int main(int argc, char **argv) {
    char key[256];
    if (argc != 5 && argc != 9) {
        fprintf(stderr, "usage: operational_certificate SCOPE REGISTRATION_ID KEYFILE FOLDER "
                        "[CAFILE HTTPS_HOST:PORT MQTT_ADDRESS MQTT_PORT]\n");
        return 2;
    }
    folder = argv[4];
    if (argc == 9) {
        ca_file = argv[5];
        https_address = argv[6];
        mqtt_address = argv[7];
        mqtt_port = atoi(argv[8]);
    }
    FILE *file = fopen(argv[3], "r");
    if (file == NULL || fgets(key, sizeof key, file) == NULL) {
        end("the key cannot be read");
    }
    fclose(file);
    key[strcspn(key, "\r\n")] = '\0';
    mosquitto_lib_init();

    must(defenderauth_certificates_load_locked(DEFENDERAUTH_TEXT(folder), &kept, &error));
    if (defenderauth_certificates_request(kept).len == 0) {
        must(defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT(argv[2]), DEFENDERAUTH_CURVE_P384, &error));
        save(); /* before the request leaves */
    }
    const char *how = "issued";
    defenderauth_authenticator *device = registered(argv[1], argv[2], key);
    defenderauth_wipe(key, sizeof key);
    if (defenderauth_certificates_current(kept) != NULL && !defenderauth_certificates_is_issued(kept)) {
        connect_as(device);
        renew(device);
        how = "renewed";
    } else if (!defenderauth_certificates_is_issued(kept)) {
        must(defenderauth_certificates_take_registration(kept, device, &error));
        save(); /* the service does not repeat it */
    }
    accept(how);
    connect_as(device);
    report();

    disconnect();
    defenderauth_authenticator_free(device);
    defenderauth_certificates_free(kept);
    mosquitto_lib_cleanup();
    return 0;
}
