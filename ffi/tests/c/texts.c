/*
 * Every text and byte argument: NULL with a length, impossible lengths, a NUL, invalid UTF-8.
 */
#include "check.h"

static defenderauth_key *key;
static defenderauth_options *options;
static defenderauth_profile *profile;
static defenderauth_certificate *certificate;
static defenderauth_https *https;
static defenderauth_driver *driver;
static defenderauth_sources *sources;
static defenderauth_session *session;
static const uint8_t bytes[64];
static char buf[DEFENDERAUTH_TEXT_CAPACITY];

/* A function whose text is `s, len` and which creates nothing to free. */
#define TAKES(name, call)                                                                                              \
    static defenderauth_result name(const char *s, size_t len, defenderauth_error **error) { return call; }

/* The same for one that creates an object. */
#define MAKES(type, name, call)                                                                                        \
    static defenderauth_result name(const char *s, size_t len, defenderauth_error **error) {                           \
        defenderauth_##type *made = NULL, **out = &made;                                                               \
        defenderauth_result result = call;                                                                             \
        CHECK((made != NULL) == (result == DEFENDERAUTH_OK));                                                          \
        defenderauth_##type##_free(made);                                                                              \
        return result;                                                                                                 \
    }

#define ID DEFENDERAUTH_TEXT("dev-01")
#define SCOPE DEFENDERAUTH_TEXT("0ne00000A0A")
#define HOST DEFENDERAUTH_TEXT(HUB)
#define INTO buf, sizeof buf, NULL, error

MAKES(connection_string, string_text, defenderauth_connection_string_parse(s, len, out, error))
MAKES(connection_string, string_host, defenderauth_connection_string_new(s, len, ID, ID, key, out, error))
MAKES(connection_string, string_device, defenderauth_connection_string_new(HOST, s, len, ID, key, out, error))
MAKES(connection_string, string_module, defenderauth_connection_string_new(HOST, ID, s, len, key, out, error))
MAKES(key, key_text, defenderauth_key_from_base64(s, len, out, error))
MAKES(key, key_id, defenderauth_key_derive(key, s, len, out, error))
TAKES(token_resource, defenderauth_sas_token(key, s, len, NULL, 0, NOW, INTO))
TAKES(token_policy, defenderauth_sas_token(key, HOST, s, len, NOW, INTO))
TAKES(sign_resource, defenderauth_sas_string_to_sign(s, len, NOW, INTO))
TAKES(assemble_resource, defenderauth_sas_assemble(s, len, NULL, 0, NOW, bytes, 32, INTO))
TAKES(assemble_policy, defenderauth_sas_assemble(HOST, s, len, NOW, bytes, 32, INTO))
MAKES(signer, signer_resource, defenderauth_signer_new(key, s, len, NULL, 0, out, error))
MAKES(signer, signer_policy, defenderauth_signer_new(key, HOST, s, len, out, error))
TAKES(agent, defenderauth_options_set_user_agent(options, s, len, error))
TAKES(gateway, defenderauth_options_set_gateway_host_name(options, s, len, error))
TAKES(model, defenderauth_options_set_model_id(options, s, len, error))
MAKES(profile, scope, defenderauth_profile_new(s, len, ID, out, error))
MAKES(profile, registration, defenderauth_profile_new(SCOPE, s, len, out, error))
TAKES(endpoint, defenderauth_profile_set_endpoint(profile, s, len, error))
TAKES(hub_version, defenderauth_options_set_hub_api_version(options, s, len, error))
TAKES(dps_version, defenderauth_profile_set_api_version(profile, s, len, error))
TAKES(payload, defenderauth_profile_set_payload(profile, s, len, error))
MAKES(authenticator, key_host, defenderauth_authenticator_new_device_key(s, len, ID, ID, key, NULL, NOW, out, error))
MAKES(authenticator, key_device,
      defenderauth_authenticator_new_device_key(HOST, s, len, ID, key, NULL, NOW, out, error))
MAKES(authenticator, key_module,
      defenderauth_authenticator_new_device_key(HOST, ID, s, len, key, NULL, NOW, out, error))
MAKES(authenticator, certificate_host,
      defenderauth_authenticator_new_device_certificate(s, len, ID, ID, certificate, NULL, NOW, out, error))
MAKES(authenticator, certificate_device,
      defenderauth_authenticator_new_device_certificate(HOST, s, len, ID, certificate, NULL, NOW, out, error))
MAKES(authenticator, certificate_module,
      defenderauth_authenticator_new_device_certificate(HOST, ID, s, len, certificate, NULL, NOW, out, error))
MAKES(authenticator, tpm_host, defenderauth_authenticator_new_device_tpm(s, len, ID, ID, NULL, NOW, out, error))
MAKES(authenticator, tpm_device, defenderauth_authenticator_new_device_tpm(HOST, s, len, ID, NULL, NOW, out, error))
MAKES(authenticator, tpm_module, defenderauth_authenticator_new_device_tpm(HOST, ID, s, len, NULL, NOW, out, error))
MAKES(authenticator, dps_key_module,
      defenderauth_authenticator_new_dps_key(profile, s, len, key, NULL, NOW, out, error))
MAKES(authenticator, dps_certificate_module,
      defenderauth_authenticator_new_dps_certificate(profile, s, len, certificate, NULL, NOW, out, error))
MAKES(authenticator, dps_tpm_module,
      defenderauth_authenticator_new_dps_tpm(profile, s, len, bytes, 64, bytes, 64, NULL, NOW, out, error))
TAKES(ca_pem, defenderauth_https_set_ca_pem(https, s, len, error))
TAKES(connect_to, defenderauth_https_set_connect_to(https, s, len, error))
TAKES(driver_pem, defenderauth_driver_set_ca_pem(driver, s, len, error))
TAKES(driver_host, defenderauth_driver_set_addresses(driver, s, len, DEFENDERAUTH_TEXT("[::1]:1"),
                                                     DEFENDERAUTH_TEXT("[::1]:2"), error))
TAKES(driver_https, defenderauth_driver_set_addresses(driver, HOST, s, len, DEFENDERAUTH_TEXT("[::1]:2"), error))
TAKES(driver_mqtt, defenderauth_driver_set_addresses(driver, HOST, DEFENDERAUTH_TEXT("[::1]:1"), s, len, error))
TAKES(topic, defenderauth_driver_publish(driver, s, len, NULL, 0, DEFENDERAUTH_QOS_AT_MOST_ONCE, error))
TAKES(source_name, defenderauth_sources_add(sources, s, len, NULL, error))
MAKES(session, saved, defenderauth_session_new(sources, NULL, NULL, s, len, NULL, 0, LATER, 5000, out, error))
MAKES(session, secret, defenderauth_session_new(sources, NULL, NULL, NULL, 0, s, len, LATER, 5000, out, error))
MAKES(tpm, tpm_endpoint, defenderauth_tpm_open(s, len, out, error))

/* The result of each for an empty text. */
static const struct {
    defenderauth_result (*with)(const char *s, size_t len, defenderauth_error **error);
    defenderauth_result empty;
} texts[] = {
    {string_text, DEFENDERAUTH_CONNECTION_STRING}, {string_host, DEFENDERAUTH_IDENTIFIER},
    {string_device, DEFENDERAUTH_IDENTIFIER},      {string_module, DEFENDERAUTH_OK},
    {key_text, DEFENDERAUTH_KEY_ABSENT},           {key_id, DEFENDERAUTH_IDENTIFIER},
    {token_resource, DEFENDERAUTH_ARGUMENT},     {token_policy, DEFENDERAUTH_OK},
    {sign_resource, DEFENDERAUTH_ARGUMENT},      {assemble_resource, DEFENDERAUTH_ARGUMENT},
    {assemble_policy, DEFENDERAUTH_OK},            {signer_resource, DEFENDERAUTH_ARGUMENT},
    {signer_policy, DEFENDERAUTH_OK},              {agent, DEFENDERAUTH_OK},
    {gateway, DEFENDERAUTH_OK},                    {model, DEFENDERAUTH_OK},
    {scope, DEFENDERAUTH_IDENTIFIER},              {registration, DEFENDERAUTH_IDENTIFIER},
    {endpoint, DEFENDERAUTH_IDENTIFIER},           {payload, DEFENDERAUTH_PAYLOAD},
    {key_host, DEFENDERAUTH_IDENTIFIER},
    {key_device, DEFENDERAUTH_IDENTIFIER},         {key_module, DEFENDERAUTH_OK},
    {certificate_host, DEFENDERAUTH_IDENTIFIER},   {certificate_device, DEFENDERAUTH_IDENTIFIER},
    {certificate_module, DEFENDERAUTH_OK},         {tpm_host, DEFENDERAUTH_IDENTIFIER},
    {tpm_device, DEFENDERAUTH_IDENTIFIER},         {tpm_module, DEFENDERAUTH_OK},
    {dps_key_module, DEFENDERAUTH_OK},             {dps_certificate_module, DEFENDERAUTH_OK},
    {dps_tpm_module, DEFENDERAUTH_OK},             {ca_pem, DEFENDERAUTH_TLS},
    {connect_to, DEFENDERAUTH_ARGUMENT},           {tpm_endpoint, DEFENDERAUTH_TPM_ACCESS},
    {source_name, DEFENDERAUTH_ARGUMENT},          {saved, DEFENDERAUTH_OK},
    {secret, DEFENDERAUTH_OK},                     {driver_pem, DEFENDERAUTH_TLS},
    {driver_host, DEFENDERAUTH_IDENTIFIER},        {driver_https, DEFENDERAUTH_ARGUMENT},
    {driver_mqtt, DEFENDERAUTH_ARGUMENT},          {topic, DEFENDERAUTH_ARGUMENT},
    {hub_version, DEFENDERAUTH_OK},                {dps_version, DEFENDERAUTH_OK},
};

static void look_at_texts(void) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int failed = failures;
        FAILS(DEFENDERAUTH_NULL, texts[i].with(NULL, 1, error));
        FAILS(DEFENDERAUTH_UTF8, texts[i].with("\xff", 1, error));
        FAILS(DEFENDERAUTH_UTF8, texts[i].with("ab\xc3", 3, error));
        FAILS(DEFENDERAUTH_UTF8, texts[i].with("\xed\xa0\x80", 3, error));
        FAILS(DEFENDERAUTH_UTF8, texts[i].with("a\0b", 3, error));
        FAILS(DEFENDERAUTH_UTF8, texts[i].with("a", 2, error));
        FAILS(DEFENDERAUTH_ARGUMENT, texts[i].with("a", SIZE_MAX, error));
        FAILS(DEFENDERAUTH_ARGUMENT, texts[i].with("a", SIZE_MAX / 2 + 1, error));
        FAILS(DEFENDERAUTH_ARGUMENT, texts[i].with(NULL, SIZE_MAX, error));
        FAILS(texts[i].empty, texts[i].with(NULL, 0, error));
        FAILS(texts[i].empty, texts[i].with("", 0, error));
        if (failures > failed) {
            printf("that was text %zu\n", i);
        }
    }
}

static defenderauth_authenticator *signing;

#define GIVES(name, call)                                                                                              \
    static defenderauth_result name(const uint8_t *data, size_t len, defenderauth_error **error) { return call; }
#define MAKES_OF_BYTES(name, call)                                                                                     \
    static defenderauth_result name(const uint8_t *data, size_t len, defenderauth_error **error) {                     \
        defenderauth_authenticator *made = NULL, **out = &made;                                                        \
        defenderauth_result result = call;                                                                             \
        defenderauth_authenticator_free(made);                                                                         \
        return result;                                                                                                 \
    }

GIVES(signature, defenderauth_sas_assemble(HOST, NULL, 0, NOW, data, len, INTO))
GIVES(session_signature, defenderauth_session_handle_signature(session, LATER, 5000, data, len, error))
GIVES(own_signature, defenderauth_authenticator_sas_assemble(signing, NOW, data, len, INTO))
MAKES_OF_BYTES(endorsement,
               defenderauth_authenticator_new_dps_tpm(profile, NULL, 0, data, len, bytes, 64, NULL, NOW, out, error))
MAKES_OF_BYTES(storage,
               defenderauth_authenticator_new_dps_tpm(profile, NULL, 0, bytes, 64, data, len, NULL, NOW, out, error))

static void look_at_bytes(void) {
    defenderauth_result (*const with[])(const uint8_t *, size_t, defenderauth_error **) = {
        signature, own_signature, session_signature, endorsement, storage};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        FAILS(DEFENDERAUTH_NULL, with[i](NULL, 32, error));
        FAILS(DEFENDERAUTH_ARGUMENT, with[i](bytes, SIZE_MAX, error));
        FAILS(DEFENDERAUTH_ARGUMENT, with[i](NULL, 0, error));
        FAILS(DEFENDERAUTH_ARGUMENT, with[i](bytes, 0, error));
    }
    FAILS(DEFENDERAUTH_ARGUMENT, signature(bytes, 31, error));
    FAILS(DEFENDERAUTH_ARGUMENT, signature(bytes, 33, error));
    FAILS(DEFENDERAUTH_ARGUMENT, own_signature(bytes, 31, error));
    DOES(own_signature(bytes, 32, error));
    FAILS(DEFENDERAUTH_ARGUMENT, session_signature(bytes, 33, error));
    FAILS(DEFENDERAUTH_STATE, session_signature(bytes, 32, error));
    FAILS(DEFENDERAUTH_NULL,
          defenderauth_session_handle_response(session, LATER, 5000, 200, NULL, 0, NULL, 1, error));
    FAILS(DEFENDERAUTH_ARGUMENT,
          defenderauth_session_handle_response(session, LATER, 5000, 200, NULL, SIZE_MAX, NULL, 0, error));
}

/* Where names of files are not bytes, they are UTF-8. */
#ifdef _WIN32
#define NOT_UTF_8 DEFENDERAUTH_UTF8
#else
#define NOT_UTF_8 DEFENDERAUTH_FILE_NOT_FOUND
#endif

/* Paths are the system's own bytes, without a NUL. */
static void look_at_paths(void) {
    FAILS(DEFENDERAUTH_NULL, defenderauth_driver_set_folder(driver, NULL, 1, error));
    FAILS(DEFENDERAUTH_UTF8, defenderauth_driver_set_folder(driver, "/\0x", 3, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_driver_set_ca_file(driver, "x", SIZE_MAX, error));
    FAILS(NOT_UTF_8, defenderauth_driver_set_ca_file(driver, "/\xff", 2, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_https_set_ca_file(https, NULL, 1, error));
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_https_set_ca_file(https, "x", SIZE_MAX, error));
    FAILS(DEFENDERAUTH_UTF8, defenderauth_https_set_ca_file(https, "/\0x", 3, error));
    FAILS(NOT_UTF_8, defenderauth_https_set_ca_file(https, "/\xff", 2, error));
    MAKES_NONE(defenderauth_agent_config, DEFENDERAUTH_NULL, defenderauth_agent_config_load(NULL, 1, out, error));
    MAKES_NONE(defenderauth_agent_config, DEFENDERAUTH_ARGUMENT,
               defenderauth_agent_config_load("x", SIZE_MAX, out, error));
    MAKES_NONE(defenderauth_agent_config, DEFENDERAUTH_UTF8, defenderauth_agent_config_load("/\0x", 3, out, error));
    MAKES_NONE(defenderauth_agent_config, DEFENDERAUTH_NULL,
               defenderauth_agent_config_load_with_passphrase("/x", 2, NULL, 1, out, error));
    MAKES_NONE(defenderauth_agent_config, DEFENDERAUTH_UTF8,
               defenderauth_agent_config_load_with_passphrase("/x", 2, "\xff", 1, out, error));
    MAKES_NONE(defenderauth_agent_config, DEFENDERAUTH_FILE_NOT_FOUND,
               defenderauth_agent_config_load_with_passphrase("/nowhere", 8, "x", 1, out, error));
    MAKES_NONE(defenderauth_agent_config, NOT_UTF_8, defenderauth_agent_config_load("/\xff", 2, out, error));
}

/* A line for a log has the field once, whether the message begins with it or not. */
static void look_at_errors(void) {
    defenderauth_key *none = NULL;
    defenderauth_error *error = NULL;
    CHECK(defenderauth_key_from_base64("*", 1, &none, &error) == DEFENDERAUTH_KEY_BASE64);
    CHECK(is(defenderauth_error_field(error), "s"));
    CHECK(strncmp(defenderauth_error_line(error).data, "s: the key is masked", 20) == 0);
    defenderauth_error_free(error);
    defenderauth_agent_config *config = NULL;
    CHECK(defenderauth_agent_config_load("/nowhere", 8, &config, &error) == DEFENDERAUTH_FILE_NOT_FOUND);
    defenderauth_str field = defenderauth_error_field(error), line = defenderauth_error_line(error);
    const char *first = strstr(line.data, field.data);
    CHECK(field.len > 0 && first != NULL && strstr(first + 1, field.data) == NULL);
    defenderauth_error_free(error);
    CHECK(is(defenderauth_error_line(NULL), ""));

    CHECK(defenderauth_text_length(NULL) == 0 && defenderauth_text_length("") == 0);
    CHECK(defenderauth_text_length("dev-01") == 6);
    CHECK(defenderauth_key_from_base64(DEFENDERAUTH_TEXT(NULL), &none, NULL) == DEFENDERAUTH_KEY_ABSENT);
    (void)defenderauth_key_from_base64(DEFENDERAUTH_TEXT("\xef\xbb\xbf" KEY "\r\n"), &none, NULL);
    CHECK(none != NULL);
    defenderauth_key_free(none);
}

/* A private key may come with the certificates or be held elsewhere; a name to compare with may be anything. */
static void look_at_certificates(void) {
    char pem[8192];
    size_t len = data("p256.certificate.pem", pem, sizeof pem);
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_NULL,
               defenderauth_certificate_from_pem(pem, len, NULL, 1, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_NULL,
               defenderauth_certificate_from_pem(NULL, 1, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_ARGUMENT,
               defenderauth_certificate_from_pem(pem, SIZE_MAX / 2 + 1, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_ABSENT,
               defenderauth_certificate_from_pem(NULL, 0, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_certificate_from_pem("\xff", 1, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_certificate_from_pem(pem, len, "\xff", 1, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_ARGUMENT,
               defenderauth_certificate_from_pem(pem, len, pem, SIZE_MAX, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_NULL,
               defenderauth_certificate_from_pem_with_passphrase(pem, len, NULL, 0, NULL, 1, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_UTF8,
               defenderauth_certificate_from_pem_with_passphrase(pem, len, NULL, 0, "\xff", 1, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_ARGUMENT,
               defenderauth_certificate_from_pem_with_passphrase(pem, len, NULL, 0, "x", SIZE_MAX, out, error));
    const uint8_t *der = (const uint8_t *)"x";
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_NULL,
               defenderauth_certificate_from_der(NULL, 1, NULL, 0, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_ABSENT,
               defenderauth_certificate_from_der(NULL, 0, NULL, 0, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_certificate_from_der(der, 1, NULL, 0, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_ARGUMENT,
               defenderauth_certificate_from_pkcs12(der, SIZE_MAX, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_certificate_from_pkcs12(der, 1, NULL, 0, out, error));
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_UTF8,
               defenderauth_certificate_from_pkcs12(der, 1, "\xff", 1, out, error));
    static char file[65536];
    size_t file_len = data("p256.pfx", file, sizeof file);
    MAKES_NONE(defenderauth_certificate, DEFENDERAUTH_CERTIFICATE_FORMAT,
               defenderauth_certificate_from_pem(file, file_len, NULL, 0, out, error));
    uint32_t none = defenderauth_certificate_findings(certificate, NOW, NULL, 0);
    CHECK((none & DEFENDERAUTH_FINDING_NAME_MISMATCH) == 0);
    CHECK((defenderauth_certificate_findings(certificate, NOW, "x", 1) & DEFENDERAUTH_FINDING_NAME_MISMATCH) != 0);
}

int main(void) {
    key = a_key();
    options = some_options();
    profile = a_profile();
    certificate = a_certificate();
    signing = a_tpm_device();
    sources = a_source(a_module());
    DOES(defenderauth_driver_new(&driver, error));
    session = a_session();
    DOES(defenderauth_https_new(&https, error));
    look_at_texts();
    look_at_bytes();
    look_at_paths();
    look_at_certificates();
    look_at_errors();
    defenderauth_https_free(https);
    defenderauth_driver_free(driver);
    defenderauth_session_free(session);
    defenderauth_sources_free(sources);
    defenderauth_authenticator_free(signing);
    defenderauth_certificate_free(certificate);
    defenderauth_profile_free(profile);
    defenderauth_options_free(options);
    defenderauth_key_free(key);
    return outcome();
}
