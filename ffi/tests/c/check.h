/*
 * Checks and fixtures of the C tests. A failed check prints its location, and the program exits with 1.
 */
#ifndef CHECK_H
#define CHECK_H

#include <defenderauth.h>
#include <stdio.h>
#include <stdlib.h>

static int failures;

#define CHECK(condition) check((condition) ? NULL : #condition, __FILE__, __LINE__)

static inline void check(const char *broken, const char *file, int line) {
    if (broken != NULL) {
        printf("%s:%d: failed: %s\n", file, line, broken);
        failures++;
    }
}

/* The value of an output before a call, which the call has to overwrite. It is never dereferenced. */
static inline void *before(void) {
    static char somewhere[64];
    return somewhere;
}

/* Whether a view is this text with a terminating NUL. */
static inline int is(defenderauth_str view, const char *text) {
    return view.data != NULL && view.len == strlen(text) && strcmp(view.data, text) == 0;
}

static inline int is_nothing(defenderauth_slice view) {
    return view.data != NULL && view.len == 0;
}

/* A question for a length: no error object, so that nothing has to be freed before the call is repeated. */
#define ASKS(call)                                                                                                     \
    do {                                                                                                               \
        defenderauth_error *its_error = before(), **error = &its_error;                                                \
        CHECK((call) == DEFENDERAUTH_BUFFER_TOO_SMALL);                                                                \
        CHECK(its_error == NULL);                                                                                      \
    } while (0)

/* Every failure names what is at fault, and a call in the wrong state the action that is pending, as this header does. */
static inline void names_its_cause(const defenderauth_error *error, const char *call) {
    static const char *const rust[] = {" answer Send;",   " answer Ask;",      " answer Wait;", " answer Sign;",
                                       " answer Listen;", " answer Publish;",  " answer Done;", " answer Failed;",
                                       "Authenticate;",   "MakeRequest;",      "Disconnect;",  "KeepCertificate;",
                                       " answer Stay;",   " answer Activate;", " answer Save;", " answer Connect;"};
    const char *message = defenderauth_error_message(error).data;
    if (error != NULL && defenderauth_error_field(error).len == 0) {
        printf("nothing is at fault in %s: %s\n", call, message);
        failures++;
    }
    for (size_t i = 0; i < sizeof rust / sizeof *rust; i++) {
        if (strstr(message, rust[i]) != NULL) {
            printf("%s: %s\n", call, message);
            failures++;
        }
    }
}

/* The call has to return this result, with error details for a failure. `error` in it is where they go. */
#define FAILS(expected, call)                                                                                          \
    do {                                                                                                               \
        defenderauth_error *its_error = before(), **error = &its_error;                                                \
        defenderauth_result result = (call);                                                                           \
        if (result != (expected)) {                                                                                    \
            printf("%s:%d: %s instead of %s: %s\n", __FILE__, __LINE__, defenderauth_result_string(result),            \
                   defenderauth_result_string(expected), #call);                                                       \
            failures++;                                                                                                \
        }                                                                                                              \
        CHECK(its_error != before());                                                                                  \
        if (its_error != before()) {                                                                                   \
            CHECK(defenderauth_error_result(its_error) == result);                                                     \
            CHECK((defenderauth_error_message(its_error).len > 0) == (result != DEFENDERAUTH_OK));                     \
            names_its_cause(its_error, #call);                                                                         \
            defenderauth_error_free(its_error);                                                                        \
        }                                                                                                              \
    } while (0)

/* The same for a call that creates an object: `out` is where it would go, and is NULL afterwards. */
#define MAKES_NONE(type, expected, call)                                                                               \
    do {                                                                                                               \
        type *made = before(), **out = &made;                                                                          \
        FAILS(expected, call);                                                                                         \
        CHECK(made == NULL);                                                                                           \
    } while (0)

/* The call has to succeed. */
#define DOES(call) FAILS(DEFENDERAUTH_OK, call)

#define NOW UINT64_C(1700000000)
/* After the release, before which a session believes no clock. */
#define LATER UINT64_C(1800000000)
#define HUB "contoso.azure-devices.net"
#define KEY "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw="
#define RESOURCE "contoso.azure-devices.net/devices/dev-01"
#define MODULE_STRING "HostName=" HUB ";DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey=" KEY

/* Valid objects, for calls in which something else is invalid. */

static inline defenderauth_key *a_key(void) {
    defenderauth_key *key = NULL;
    DOES(defenderauth_key_from_base64(DEFENDERAUTH_TEXT(KEY), &key, error));
    return key;
}

static inline defenderauth_connection_string *a_string(const char *text) {
    defenderauth_connection_string *string = NULL;
    DOES(defenderauth_connection_string_parse(DEFENDERAUTH_TEXT(text), &string, error));
    return string;
}

static inline defenderauth_signer *a_signer(void) {
    defenderauth_key *key = a_key();
    defenderauth_signer *signer = NULL;
    DOES(defenderauth_signer_new(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, &signer, error));
    defenderauth_key_free(key);
    return signer;
}

static inline defenderauth_options *some_options(void) {
    defenderauth_options *options = NULL;
    DOES(defenderauth_options_new(&options, error));
    return options;
}

static inline defenderauth_profile *a_profile(void) {
    defenderauth_profile *profile = NULL;
    DOES(defenderauth_profile_new(DEFENDERAUTH_TEXT("0ne00000A0A"), DEFENDERAUTH_TEXT("dev-01"), &profile, error));
    return profile;
}

/* A file of the library's own tests; DATA is their folder. */
static inline size_t data(const char *name, char *buf, size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", DATA, name);
    FILE *file = fopen(path, "rb");
    size_t len = file == NULL ? 0 : fread(buf, 1, size, file);
    CHECK(len > 0 && len < size);
    if (file != NULL) {
        fclose(file);
    }
    return len;
}

static inline defenderauth_certificate *a_certificate(void) {
    char pem[8192], key[8192];
    size_t len = data("p256.certificate.pem", pem, sizeof pem), key_len = data("p256.pkcs8.pem", key, sizeof key);
    defenderauth_certificate *certificate = NULL;
    DOES(defenderauth_certificate_from_pem(pem, len, key, key_len, &certificate, error));
    return certificate;
}

/* One that is DONE. */
static inline defenderauth_authenticator *a_module(void) {
    defenderauth_connection_string *string = a_string(MODULE_STRING);
    defenderauth_authenticator *module = NULL;
    DOES(defenderauth_authenticator_new_module(string, NULL, NULL, NOW, &module, error));
    defenderauth_connection_string_free(string);
    return module;
}

/* One that has a request to SEND. */
static inline defenderauth_authenticator *a_device(void) {
    defenderauth_key *key = a_key();
    defenderauth_authenticator *device = NULL;
    DOES(defenderauth_authenticator_new_device_key(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"),
                                                   DEFENDERAUTH_TEXT("azureiotsecurity"), key, NULL, NOW, &device,
                                                   error));
    defenderauth_key_free(key);
    return device;
}

/* One that is DONE, with a key held elsewhere. */
static inline defenderauth_authenticator *a_tpm_device(void) {
    defenderauth_authenticator *device = NULL;
    DOES(defenderauth_authenticator_new_device_tpm(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"), NULL, 0, NULL,
                                                   NOW, &device, error));
    return device;
}

/* A source for a session. The session keeps a copy of it. */
static inline defenderauth_sources *a_source(defenderauth_authenticator *authenticator) {
    defenderauth_sources *sources = NULL;
    DOES(defenderauth_sources_new(&sources, error));
    DOES(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("one"), authenticator, error));
    defenderauth_authenticator_free(authenticator);
    return sources;
}

/* One that is to CONNECT. */
static inline defenderauth_session *a_session(void) {
    defenderauth_sources *sources = a_source(a_module());
    defenderauth_session *session = NULL;
    DOES(defenderauth_session_new(sources, NULL, NULL, NULL, 0, NULL, 0, LATER, 5000, &session, error));
    defenderauth_sources_free(sources);
    return session;
}

static inline int outcome(void) {
    if (failures > 0) {
        printf("%d checks failed\n", failures);
    }
    return failures == 0 ? 0 : 1;
}

#endif
