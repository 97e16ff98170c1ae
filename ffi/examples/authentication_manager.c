/*
 * A replacement for the authentication manager of the public C security agent, based on libdefenderauth: replace the
 * agent's own source and header with these two.
 *
 * Build: cc -c authentication_manager.c $(pkg-config --cflags defenderauth)
 *        and link the agent with $(pkg-config --libs defenderauth)
 */
#include "authentication_manager.h"

#include <defenderauth.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#define MODULE DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY)
#define NOW ((uint64_t)time(NULL))

static struct {
    defenderauth_https *https;
    defenderauth_profile *profile; /* for the provisioning service */
    defenderauth_key *key;         /* the device's credential: it or the next */
    defenderauth_certificate *certificate;
    char hostName[256], deviceId[256];
    char lastUpdated[64]; /* the assignment by the provisioning service */
} me;

static defenderauth_error *error;

static bool failed(const char *what, const char *why) {
    fprintf(stderr, "authentication: %s: %s\n", what, why);
    return false;
}

static bool done(const char *what, defenderauth_result result) {
    bool isDone = result == DEFENDERAUTH_OK || failed(what, defenderauth_error_line(error).data);
    defenderauth_error_free(error);
    error = NULL;
    return isDone;
}

static bool keep(char *to, size_t size, const char *text) {
    return strlen(text) < size ? memcpy(to, text, strlen(text) + 1) != NULL : failed(text, "it is too long");
}

static bool keep_names(const char *hostName, const char *deviceId) {
    return keep(me.hostName, sizeof me.hostName, hostName) && keep(me.deviceId, sizeof me.deviceId, deviceId);
}

/* Reads a file, or as much of it as the buffer holds. */
static bool read_file(const char *path, void *buf, size_t size, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return failed(path, strerror(errno));
    }
    setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
    *len = fread(buf, 1, size, file);
    int number = ferror(file) ? errno : 0;
    fclose(file);
    return number != 0 ? failed(path, strerror(number)) : *len > 0 || failed(path, "it is empty");
}

/* The length of the sequence in DER that is there, if its content begins with this tag. */
static size_t sequence(const uint8_t *der, size_t len, uint8_t tag) {
    size_t header = 2, size = len > 1 ? der[1] : 0;
    if (size > 0x80 && size < 0x84) { /* longer files are rejected before */
        for (size = 0; header < len && header < 2 + (der[1] & 0x7fu); header++) {
            size = size << 8 | der[header];
        }
    }
    return len > header && der[0] == 0x30 && der[header] == tag ? (size < len - header ? header + size : len) : 0;
}

/* A certificate and its key by their content: PKCS#12 without a password, DER one after the other, or PEM. */
static defenderauth_result parse(const uint8_t *file, size_t len) {
    size_t key = 0, next;
    if (len < 2 || file[0] != 0x30 || file[1] < 0x80) {
        return defenderauth_certificate_from_pem((const char *)file, len, NULL, 0, &me.certificate, &error);
    }
    if (sequence(file, len, 0x02) > 0) {
        return defenderauth_certificate_from_pkcs12(file, len, NULL, 0, &me.certificate, &error);
    }
    while ((next = sequence(file + key, len - key, 0x30)) > 0) {
        key += next;
    }
    return defenderauth_certificate_from_der(file, key, file + key, len - key, NULL, 0, &me.certificate, &error);
}

static bool run(defenderauth_authenticator *auth) {
    return done("requests", defenderauth_authenticator_run(auth, me.https, NULL, 60000, &error));
}

bool AuthenticationManager_Init(void) {
    memset(&me, 0, sizeof me);
    return done("https", defenderauth_https_new(&me.https, &error));
}

void AuthenticationManager_Deinit(void) {
    defenderauth_https_free(me.https);
    defenderauth_profile_free(me.profile);
    defenderauth_key_free(me.key);
    defenderauth_certificate_free(me.certificate);
    memset(&me, 0, sizeof me);
}

bool AuthenticationManager_UseNetwork(const char *caFile, const char *connectTo) {
    return done(caFile, defenderauth_https_set_ca_file(me.https, DEFENDERAUTH_TEXT(caFile), &error)) &&
           done(connectTo, defenderauth_https_set_connect_to(me.https, DEFENDERAUTH_TEXT(connectTo), &error));
}

bool AuthenticationManager_InitFromSharedAccessKey(const char *filePath, char *hostName, char *deviceId) {
    char text[300];
    size_t len = 0;
    bool isDone = read_file(filePath, text, sizeof text, &len);
    const char *end = (const char *)memchr(text, '\n', len); /* the key is the first line */
    size_t line = end != NULL ? (size_t)(end - text) : len;
    defenderauth_key_free(me.key);
    me.key = NULL;
    isDone = isDone && (line < sizeof text || failed(filePath, "its first line is too long for a key")) &&
             done(filePath, defenderauth_key_from_base64(text, line, &me.key, &error));
    defenderauth_wipe(text, sizeof text);
    return isDone && keep_names(hostName, deviceId);
}

bool AuthenticationManager_InitFromCertificate(const char *filePath, char *hostName, char *deviceId) {
    static uint8_t file[65536];
    size_t len = 0;
    bool isDone = read_file(filePath, file, sizeof file, &len);
    defenderauth_certificate_free(me.certificate);
    me.certificate = NULL;
    isDone = isDone && (len < sizeof file || failed(filePath, "it is too long for a certificate and its key")) &&
             done(filePath, parse(file, len)) &&
             (defenderauth_certificate_has_key(me.certificate) || failed(filePath, "its private key is missing"));
    defenderauth_wipe(file, sizeof file);
    return isDone && keep_names(hostName, deviceId);
}

bool AuthenticationManager_SetDPSDetails(const char *idScope, const char *registrationId) {
    defenderauth_profile_free(me.profile);
    return done("DPS", defenderauth_profile_new(DEFENDERAUTH_TEXT(idScope), DEFENDERAUTH_TEXT(registrationId),
                                                &me.profile, &error)) &&
           /* The agent only looks the device up; it was registered before, by other means. */
           done("DPS", defenderauth_profile_set_lookup_only(me.profile, true, &error));
}

bool AuthenticationManager_GetHostNameFromDPS(void) {
    defenderauth_authenticator *auth;
    defenderauth_result result =
        me.key != NULL
            ? defenderauth_authenticator_new_dps_key(me.profile, NULL, 0, me.key, NULL, NOW, &auth, &error)
            : defenderauth_authenticator_new_dps_certificate(me.profile, NULL, 0, me.certificate, NULL, NOW, &auth,
                                                             &error);
    bool isNew = false;
    if (done("DPS", result) && run(auth)) {
        const char *updated = defenderauth_authenticator_dps_last_updated(auth).data;
        isNew = keep_names(defenderauth_authenticator_host_name(auth).data,
                           defenderauth_authenticator_device_id(auth).data) &&
                strcmp(me.lastUpdated, updated) != 0 && keep(me.lastUpdated, sizeof me.lastUpdated, updated);
    }
    defenderauth_authenticator_free(auth);
    return isNew;
}

bool AuthenticationManager_GetConnectionString(char *connectionString, uint32_t *connectionStringSize) {
    const char *host = me.hostName, *id = me.deviceId;
    defenderauth_authenticator *auth;
    size_t len = 0;
    defenderauth_result result =
        me.key != NULL
            ? defenderauth_authenticator_new_device_key(DEFENDERAUTH_TEXT(host), DEFENDERAUTH_TEXT(id), MODULE, me.key,
                                                        NULL, NOW, &auth, &error)
            : defenderauth_authenticator_new_device_certificate(DEFENDERAUTH_TEXT(host), DEFENDERAUTH_TEXT(id), MODULE,
                                                                me.certificate, NULL, NOW, &auth, &error);
    bool isDone = done("hub", result) && run(auth) &&
                  done("hub", defenderauth_authenticator_connection_string(auth, connectionString,
                                                                           *connectionStringSize, &len, &error));
    *connectionStringSize -= isDone ? (uint32_t)len : 0;
    defenderauth_authenticator_free(auth);
    return isDone;
}

bool AuthenticationManager_GenerateConnectionStringFromSharedAccessKey(char *sharedAccessKey, char *connectionString,
                                                                       uint32_t *connectionStringSize, char *hostName,
                                                                       char *deviceId) {
    defenderauth_key *key = NULL;
    defenderauth_connection_string *string = NULL;
    size_t len = 0;
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(sharedAccessKey), &key, &error);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_connection_string_new(DEFENDERAUTH_TEXT(hostName), DEFENDERAUTH_TEXT(deviceId), MODULE,
                                                    key, &string, &error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_connection_string_to_text(string, connectionString, *connectionStringSize, &len, &error);
        *connectionStringSize -= result == DEFENDERAUTH_OK ? (uint32_t)len : 0;
    }
    defenderauth_connection_string_free(string);
    defenderauth_key_free(key);
    return done("module key", result);
}
