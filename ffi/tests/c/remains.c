/*
 * Uses every secret in every way, keeps all objects until it is told to continue, and frees them. The test searches its
 * memory before and after.
 * remains FOLDER
 */
#define _POSIX_C_SOURCE 200809L /* open, read, write */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

static char folder[4096], in[16384], out[DEFENDERAUTH_TEXT_CAPACITY];
#define IN in, len
#define INTO out, sizeof out, NULL, error

static defenderauth_key *key, *string_key, *derived;
static defenderauth_connection_string *string, *made;
static defenderauth_signer *signer, *outcome_signer;
static defenderauth_certificate *certificate, *encrypted;
static defenderauth_agent_config *config;
static defenderauth_profile *profile;
static defenderauth_authenticator *module, *device, *secondary, *provisioned, *configured;
static defenderauth_session *session, *restored;

/* Reads a file without a buffer that would keep a copy. */
static size_t read_file(const char *name) {
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_RDONLY);
    ssize_t len = read(file, in, sizeof in);
    CHECK(len > 0);
    close(file);
    return len > 0 ? (size_t)len : 0;
}

static void wipe(void) {
    defenderauth_wipe(in, sizeof in);
    defenderauth_wipe(out, sizeof out);
}

static void keys(void) {
    defenderauth_key *group = NULL;
    size_t len = read_file("key");
    DOES(defenderauth_key_from_base64(IN, &key, error));
    DOES(defenderauth_key_to_base64(key, INTO));
    DOES(defenderauth_sas_token(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW, INTO));
    CHECK(defenderauth_sas_token_from_base64(IN, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW, out, sizeof out, NULL) ==
          DEFENDERAUTH_OK);
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL,
          defenderauth_sas_token(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, NOW, out, 60, NULL, error));
    DOES(defenderauth_signer_new(key, DEFENDERAUTH_TEXT(RESOURCE), NULL, 0, &signer, error));
    DOES(defenderauth_signer_token(signer, NOW, INTO));
    len = read_file("broken");
    MAKES_NONE(defenderauth_key, DEFENDERAUTH_KEY_BASE64, defenderauth_key_from_base64(IN, out, error));
    len = read_file("group");
    DOES(defenderauth_key_from_base64(IN, &group, error));
    DOES(defenderauth_key_derive(group, DEFENDERAUTH_TEXT("dev-01"), &derived, error));
    DOES(defenderauth_key_to_base64(derived, INTO));
    defenderauth_key_free(group);
    wipe();
}

static void strings(void) {
    size_t len = read_file("string");
    DOES(defenderauth_connection_string_parse(IN, &string, error));
    DOES(defenderauth_connection_string_to_text(string, INTO));
    DOES(defenderauth_connection_string_sas_token(string, NOW, INTO));
    DOES(defenderauth_connection_string_key(string, &string_key, error));
    DOES(defenderauth_connection_string_new(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-02"), NULL, 0, string_key,
                                            &made, error));
    DOES(defenderauth_authenticator_new_module(string, NULL, NULL, NOW, &module, error));
    DOES(defenderauth_authenticator_sas_token(module, NOW, 3600, INTO));
    CHECK(defenderauth_authenticator_mqtt_user_name(module).len > 0);
    wipe();
}

static void answer(defenderauth_authenticator *auth, const char *name) {
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_SEND);
    CHECK(defenderauth_authenticator_request_authorization(auth).len > 0);
    CHECK(defenderauth_authenticator_request_header(auth, 0).name.len > 0);
    size_t len = read_file(name);
    DOES(defenderauth_authenticator_handle_response(auth, NOW, 200, NULL, 0, (const uint8_t *)in, len, error));
    CHECK(defenderauth_authenticator_poll(auth) == DEFENDERAUTH_ACTION_DONE);
    wipe();
}

static void outcomes(void) {
    DOES(defenderauth_authenticator_new_device_key(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"),
                                                   DEFENDERAUTH_TEXT("azureiotsecurity"), key, NULL, NOW, &device,
                                                   error));
    answer(device, "module.json");
    DOES(defenderauth_authenticator_connection_string(device, INTO));
    DOES(defenderauth_authenticator_sas_token(device, NOW, 3600, INTO));
    DOES(defenderauth_authenticator_signer(device, &outcome_signer, error));
    DOES(defenderauth_signer_token(outcome_signer, NOW, INTO));
    DOES(defenderauth_authenticator_new_secondary(device, &secondary, error));
    DOES(defenderauth_authenticator_sas_token(secondary, NOW, 3600, INTO));
    DOES(defenderauth_profile_new(DEFENDERAUTH_TEXT("0ne00000A0A"), DEFENDERAUTH_TEXT("dev-01"), &profile, error));
    size_t len = read_file("payload");
    DOES(defenderauth_profile_set_payload(profile, IN, error));
    DOES(defenderauth_authenticator_new_dps_key(profile, NULL, 0, key, NULL, NOW, &provisioned, error));
    CHECK(defenderauth_authenticator_request_body(provisioned).len > 0);
    answer(provisioned, "assigned.json");
    CHECK(defenderauth_authenticator_dps_payload(provisioned).len > 0);
    DOES(defenderauth_authenticator_sas_token(provisioned, NOW, 3600, INTO));
    wipe();
}

/* A session that has registered, looked up its module and saved its keys, and the one that restores them. */
static void sessions(void) {
    static const char *const answers[] = {"assigned.json", "module.json"};
    static char saved[4096], secret[DEFENDERAUTH_TEXT_CAPACITY];
    size_t answered = 0;
    defenderauth_sources *sources = NULL;
    defenderauth_authenticator *enrolled = NULL;
    DOES(defenderauth_authenticator_new_dps_key(profile, DEFENDERAUTH_TEXT("azureiotsecurity"), key, NULL, NOW,
                                                &enrolled, error));
    DOES(defenderauth_sources_new(&sources, error));
    DOES(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("dps"), enrolled, error));
    defenderauth_authenticator_free(enrolled);
    DOES(defenderauth_session_new(sources, NULL, NULL, NULL, 0, NULL, 0, LATER, 5000, &session, error));
    while (defenderauth_session_poll(session) != DEFENDERAUTH_SESSION_ACTION_CONNECT && failures == 0) {
        if (defenderauth_session_poll(session) == DEFENDERAUTH_SESSION_ACTION_SAVE) {
            snprintf(saved, sizeof saved, "%s", defenderauth_session_snapshot(session).data);
            DOES(defenderauth_session_snapshot_secret(session, secret, sizeof secret, NULL, error));
            DOES(defenderauth_session_handle_saved(session, LATER, 5000, true, error));
        } else {
            CHECK(answered < 2);
            size_t len = read_file(answers[answered++]);
            DOES(defenderauth_session_handle_response(session, LATER, 5000, 200, NULL, 0, (const uint8_t *)in, len,
                                                      error));
        }
    }
    DOES(defenderauth_session_password(session, INTO));
    DOES(defenderauth_session_new(sources, NULL, NULL, DEFENDERAUTH_TEXT(saved), DEFENDERAUTH_TEXT(secret), LATER, 5000,
                                  &restored, error));
    DOES(defenderauth_session_password(restored, INTO));
    defenderauth_wipe(secret, sizeof secret);
    defenderauth_sources_free(sources);
    wipe();
}

static void files(void) {
    char path[4200];
    snprintf(path, sizeof path, "%s/LocalConfiguration.json", folder);
    DOES(defenderauth_agent_config_load(DEFENDERAUTH_TEXT(path), &config, error));
    DOES(defenderauth_authenticator_from_agent_config(config, NULL, NOW, &configured, error));
    answer(configured, "module.json");
}

static void certificates(void) {
    static char chain[8192];
    size_t len = read_file("p256.certificate.pem");
    CHECK(len < sizeof chain);
    memcpy(chain, in, sizeof chain);
    size_t chain_len = len;
    len = read_file("p256.pkcs8.pem");
    DOES(defenderauth_certificate_from_pem(chain, chain_len, IN, &certificate, error));
    DOES(defenderauth_certificate_key_to_pem(certificate, INTO));
    len = read_file("p256.encrypted.pem");
    DOES(defenderauth_certificate_from_pem_with_passphrase(chain, chain_len, IN, DEFENDERAUTH_TEXT("orchid"),
                                                           &encrypted, error));
    wipe();
}

static void let_go(void) {
    defenderauth_session_free(restored);
    defenderauth_session_free(session);
    defenderauth_authenticator_free(configured);
    defenderauth_authenticator_free(provisioned);
    defenderauth_authenticator_free(secondary);
    defenderauth_authenticator_free(device);
    defenderauth_authenticator_free(module);
    defenderauth_profile_free(profile);
    defenderauth_agent_config_free(config);
    defenderauth_certificate_free(encrypted);
    defenderauth_certificate_free(certificate);
    defenderauth_signer_free(outcome_signer);
    defenderauth_signer_free(signer);
    defenderauth_connection_string_free(made);
    defenderauth_connection_string_free(string);
    defenderauth_key_free(derived);
    defenderauth_key_free(string_key);
    defenderauth_key_free(key);
}

/* Sends a word, and waits for an answer or the end of the input. */
static void wait_to_be_searched(char word) {
    char answer;
    CHECK(write(STDOUT_FILENO, &word, 1) == 1);
    CHECK(read(STDIN_FILENO, &answer, 1) >= 0);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    snprintf(folder, sizeof folder, "%s", argc == 2 ? argv[1] : "");
    keys();
    strings();
    outcomes();
    sessions();
    files();
    certificates();
    if (failures > 0) {
        return outcome();
    }
    wait_to_be_searched('h');
    let_go();
    wait_to_be_searched('f');
    return 0;
}
