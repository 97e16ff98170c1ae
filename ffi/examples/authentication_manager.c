/*
 * A replacement for the authentication manager of the public C security agent, based on libdefenderauth: replace the
 * agent's own source and header with these two. The agent's code for responses, URLs, tokens and certificates is then
 * unused.
 *
 * Build: cc -c authentication_manager.c $(pkg-config --cflags defenderauth)
 *        and link the agent with $(pkg-config --libs defenderauth)
 */
#include "authentication_manager.h"

#include <defenderauth.h>
#include <stdio.h>
#include <time.h>

#define MODULE DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY)
#define RUN_MILLISECONDS 60000

static struct {
    defenderauth_https *https;
    defenderauth_profile *profile; /* for the provisioning service */
    /* The device's credential: one of the two. */
    defenderauth_key *key;
    defenderauth_certificate *certificate;
    char hostName[256], deviceId[256];
    char lastUpdated[64]; /* the assignment by the provisioning service */
} me;

/* Logs a failure. */
static bool done(defenderauth_result result, defenderauth_error *error) {
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "authentication: %s: %s: %s\n", defenderauth_result_string(result),
                defenderauth_error_field(error).data, defenderauth_error_message(error).data);
    }
    defenderauth_error_free(error);
    return result == DEFENDERAUTH_OK;
}

/* Copies a text if it fits. */
static bool keep(char *to, size_t size, const char *text) {
    if (strlen(text) >= size) {
        fprintf(stderr, "authentication: \"%s\" is too long\n", text);
        return false;
    }
    memcpy(to, text, strlen(text) + 1);
    return true;
}

/* Returns the length of the file in the buffer; 0 = it cannot be read, or is too long. */
static size_t read_file(const char *path, char *buf, size_t size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
    size_t len = fread(buf, 1, size, file);
    fclose(file);
    return len < size ? len : 0;
}

static bool run(defenderauth_authenticator *auth) {
    defenderauth_error *error;
    defenderauth_result result = defenderauth_authenticator_run(auth, me.https, NULL, RUN_MILLISECONDS, &error);
    return done(result, error);
}

bool AuthenticationManager_Init(void) {
    defenderauth_error *error;
    memset(&me, 0, sizeof me);
    defenderauth_result result = defenderauth_https_new(&me.https, &error);
    return done(result, error);
}

void AuthenticationManager_Deinit(void) {
    defenderauth_https_free(me.https);
    defenderauth_profile_free(me.profile);
    defenderauth_key_free(me.key);
    defenderauth_certificate_free(me.certificate);
    memset(&me, 0, sizeof me);
}

bool AuthenticationManager_UseNetwork(const char *caFile, const char *connectTo) {
    defenderauth_error *error;
    defenderauth_result result = defenderauth_https_set_ca_file(me.https, DEFENDERAUTH_TEXT(caFile), &error);
    if (!done(result, error)) {
        return false;
    }
    result = defenderauth_https_set_connect_to(me.https, DEFENDERAUTH_TEXT(connectTo), &error);
    return done(result, error);
}

static bool keep_names(const char *hostName, const char *deviceId) {
    return keep(me.hostName, sizeof me.hostName, hostName) && keep(me.deviceId, sizeof me.deviceId, deviceId);
}

bool AuthenticationManager_InitFromSharedAccessKey(const char *filePath, char *hostName, char *deviceId) {
    char text[300];
    defenderauth_error *error;
    size_t len = read_file(filePath, text, sizeof text);
    defenderauth_key_free(me.key);
    defenderauth_result result = defenderauth_key_from_base64(text, len, &me.key, &error);
    defenderauth_wipe(text, sizeof text);
    return done(result, error) && keep_names(hostName, deviceId);
}

bool AuthenticationManager_InitFromCertificate(const char *filePath, char *hostName, char *deviceId) {
    static char pem[65536];
    defenderauth_error *error;
    size_t len = read_file(filePath, pem, sizeof pem);
    defenderauth_certificate_free(me.certificate);
    defenderauth_result result = defenderauth_certificate_from_pem(pem, len, NULL, 0, &me.certificate, &error);
    defenderauth_wipe(pem, sizeof pem);
    return done(result, error) && keep_names(hostName, deviceId);
}

bool AuthenticationManager_SetDPSDetails(const char *idScope, const char *registrationId) {
    defenderauth_error *error;
    defenderauth_profile_free(me.profile);
    defenderauth_result result = defenderauth_profile_new(DEFENDERAUTH_TEXT(idScope), DEFENDERAUTH_TEXT(registrationId),
                                                          &me.profile, &error);
    if (!done(result, error)) {
        return false;
    }
    /* The agent only looks the device up; it was registered before, by other means. */
    result = defenderauth_profile_set_lookup_only(me.profile, true, &error);
    return done(result, error);
}

bool AuthenticationManager_GetHostNameFromDPS(void) {
    defenderauth_authenticator *auth;
    defenderauth_error *error;
    uint64_t now = (uint64_t)time(NULL);
    defenderauth_result result =
        me.key != NULL ? defenderauth_authenticator_new_dps_key(me.profile, NULL, 0, me.key, NULL, now, &auth, &error)
                       : defenderauth_authenticator_new_dps_certificate(me.profile, NULL, 0, me.certificate, NULL, now,
                                                                        &auth, &error);
    bool isNew = false;
    if (done(result, error) && run(auth)) {
        const char *updated = defenderauth_authenticator_dps_last_updated(auth).data;
        isNew = keep_names(defenderauth_authenticator_host_name(auth).data,
                           defenderauth_authenticator_device_id(auth).data) &&
                strcmp(me.lastUpdated, updated) != 0 && keep(me.lastUpdated, sizeof me.lastUpdated, updated);
    }
    defenderauth_authenticator_free(auth);
    return isNew;
}

bool AuthenticationManager_GetConnectionString(char *connectionString, uint32_t *connectionStringSize) {
    defenderauth_authenticator *auth;
    defenderauth_error *error;
    uint64_t now = (uint64_t)time(NULL);
    size_t len = 0;
    defenderauth_result result =
        me.key != NULL
            ? defenderauth_authenticator_new_device_key(DEFENDERAUTH_TEXT(me.hostName), DEFENDERAUTH_TEXT(me.deviceId),
                                                        MODULE, me.key, NULL, now, &auth, &error)
            : defenderauth_authenticator_new_device_certificate(DEFENDERAUTH_TEXT(me.hostName),
                                                                DEFENDERAUTH_TEXT(me.deviceId), MODULE, me.certificate,
                                                                NULL, now, &auth, &error);
    bool isDone = done(result, error) && run(auth);
    if (isDone) {
        result = defenderauth_authenticator_connection_string(auth, connectionString, *connectionStringSize, &len,
                                                              &error);
        isDone = done(result, error);
    }
    if (isDone) {
        *connectionStringSize -= (uint32_t)len;
    }
    defenderauth_authenticator_free(auth);
    return isDone;
}

bool AuthenticationManager_GenerateConnectionStringFromSharedAccessKey(char *sharedAccessKey, char *connectionString,
                                                                       uint32_t *connectionStringSize, char *hostName,
                                                                       char *deviceId) {
    defenderauth_key *key;
    defenderauth_connection_string *string = NULL;
    defenderauth_error *error;
    size_t len = 0;
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(sharedAccessKey), &key, &error);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_connection_string_new(DEFENDERAUTH_TEXT(hostName), DEFENDERAUTH_TEXT(deviceId), MODULE,
                                                    key, &string, &error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_connection_string_to_text(string, connectionString, *connectionStringSize, &len, &error);
    }
    if (result == DEFENDERAUTH_OK) {
        *connectionStringSize -= (uint32_t)len;
    }
    defenderauth_connection_string_free(string);
    defenderauth_key_free(key);
    return done(result, error);
}
