/*
 * Runs of the built-in driver that reach no server: an address without a listener, a timeout, a cancellation.
 */
#include "check.h"

static defenderauth_https *a_driver(void) {
    defenderauth_https *https = NULL;
    char pem[8192];
    size_t len = data("p256.certificate.pem", pem, sizeof pem);
    DOES(defenderauth_https_new(&https, error));
    DOES(defenderauth_https_set_ca_pem(https, pem, len, error));
    DOES(defenderauth_https_set_clock_offset_seconds(https, -5, error));
    return https;
}

/* A run of an authenticator that is DONE returns immediately. */
static void done(const defenderauth_https *https) {
    defenderauth_authenticator *module = a_module();
    DOES(defenderauth_authenticator_run(module, https, NULL, 1, error));
    DOES(defenderauth_authenticator_run(module, NULL, NULL, 1, error));
    CHECK(defenderauth_authenticator_poll(module) == DEFENDERAUTH_ACTION_DONE);
    defenderauth_authenticator_free(module);
}

/* A run that times out leaves its action pending, unless the attempt has ended too. */
static void over(defenderauth_https *https) {
    defenderauth_authenticator *device = a_device();
    defenderauth_key *key = a_key();
    FAILS(DEFENDERAUTH_TIMEOUT, defenderauth_authenticator_run(device, https, NULL, 0, error));
    int32_t action = defenderauth_authenticator_poll(device);
    CHECK(action == DEFENDERAUTH_ACTION_SEND || action == DEFENDERAUTH_ACTION_WAIT ||
          action == DEFENDERAUTH_ACTION_FAILED);
    defenderauth_authenticator_free(device);

    device = a_device();
    defenderauth_https_cancel(https);
    FAILS(DEFENDERAUTH_CANCELLED, defenderauth_authenticator_run(device, https, NULL, 60000, error));
    FAILS(DEFENDERAUTH_CANCELLED, defenderauth_authenticator_run(device, https, NULL, 60000, error));
    CHECK(defenderauth_authenticator_poll(device) == DEFENDERAUTH_ACTION_SEND);
    CHECK(defenderauth_authenticator_request_host(device).len > 0);
    defenderauth_authenticator_free(device);
    defenderauth_key_free(key);
}

int main(void) {
    defenderauth_https *https = a_driver();
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT("nowhere"), error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT("h:65536"), error));
    DOES(defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT("127.0.0.1:9"), error));
    done(https);
    over(https);
    defenderauth_https_free(https);
    return outcome();
}
