/*
 * Eight threads: concurrently on const objects, and each on objects of its own.
 */
#include "check.h"
#include <pthread.h>

#define THREADS 8
#define ROUNDS 200

static defenderauth_key *key;
static defenderauth_signer *signer;
static defenderauth_authenticator *module;
static defenderauth_session *session;
static char expected[DEFENDERAUTH_TEXT_CAPACITY];

typedef struct worker {
    pthread_t thread;
    int wrong;
} worker;

/* CHECK counts for one thread only. */
#define EXPECT(condition) (me->wrong += (condition) ? 0 : 1)

static void share(worker *me) {
    char buf[DEFENDERAUTH_TEXT_CAPACITY];
    size_t len = 0;
    defenderauth_error *error = NULL;
    EXPECT(defenderauth_signer_token(signer, NOW + 3600, buf, sizeof buf, &len, &error) == DEFENDERAUTH_OK);
    EXPECT(strcmp(buf, expected) == 0 && error == NULL);
    EXPECT(defenderauth_sas_token(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW + 3600, buf, sizeof buf, &len,
                                  &error) == DEFENDERAUTH_OK);
    EXPECT(strcmp(buf, expected) == 0);
    EXPECT(defenderauth_authenticator_sas_token(module, NOW, 3600, buf, sizeof buf, &len, &error) == DEFENDERAUTH_OK);
    EXPECT(is(defenderauth_authenticator_device_id(module), "dev-01"));
    EXPECT(defenderauth_session_password(session, buf, sizeof buf, &len, &error) == DEFENDERAUTH_OK && len > 100);
    EXPECT(is(defenderauth_session_status(session), "connecting, one"));
    EXPECT(strcmp(defenderauth_diagnosis_word(DEFENDERAUTH_DIAGNOSIS_BUSY), "busy") == 0);
    EXPECT(defenderauth_signer_token(signer, NOW, buf, 1, &len, &error) == DEFENDERAUTH_BUFFER_TOO_SMALL);
    EXPECT(defenderauth_error_result(error) == DEFENDERAUTH_BUFFER_TOO_SMALL);
    defenderauth_error_free(error);
}

static void work_alone(worker *me) {
    defenderauth_authenticator *device = NULL;
    EXPECT(defenderauth_authenticator_new_device_key(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"),
                                                     DEFENDERAUTH_TEXT("m"), key, NULL, NOW, &device,
                                                     NULL) == DEFENDERAUTH_OK);
    EXPECT(defenderauth_authenticator_handle_no_response(device, NOW, NULL) == DEFENDERAUTH_OK);
    EXPECT(defenderauth_authenticator_handle_elapsed(device, NOW + 9, NULL) == DEFENDERAUTH_OK);
    EXPECT(defenderauth_authenticator_handle_response(device, NOW + 9, 404, NULL, 0, NULL, 0, NULL) ==
           DEFENDERAUTH_SERVICE_NOT_FOUND);
    EXPECT(defenderauth_authenticator_poll(device) == DEFENDERAUTH_ACTION_FAILED);
    defenderauth_authenticator_free(device);
}

static void *hammer(void *argument) {
    worker *me = argument;
    for (int round = 0; round < ROUNDS; round++) {
        share(me);
        work_alone(me);
    }
    return NULL;
}

int main(void) {
    worker workers[THREADS] = {0};
    key = a_key();
    signer = a_signer();
    module = a_module();
    session = a_session();
    DOES(defenderauth_signer_token(signer, NOW + 3600, expected, sizeof expected, NULL, error));
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&workers[i].thread, NULL, hammer, &workers[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
        CHECK(workers[i].wrong == 0);
    }
    defenderauth_session_free(session);
    defenderauth_authenticator_free(module);
    defenderauth_signer_free(signer);
    defenderauth_key_free(key);
    return outcome();
}
