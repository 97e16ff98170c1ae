/*
 * libdefenderauth: who am I, and how do I prove it to Azure IoT Hub?
 *
 * Made by `cargo xtask header`; change the Rust code in ffi/src instead.
 *
 * Results.   0 is DEFENDERAUTH_OK. A result of 101 to 199 says that the call was wrong: nothing has changed (but after
 *            DEFENDERAUTH_PANIC the object is lost; free it). Any other result says what is wrong with what was given,
 *            or who said no. Look at every result: compilers warn where one is dropped.
 * Errors.    `error` takes the details, or is NULL if nobody wants them. `*out` and `*error` are always written, with
 *            NULL where there is nothing. So both can be freed whatever happened; what they held before is not freed.
 * Ownership. What comes out of `out` and `error` is yours: free it once, with the function of its kind. To free NULL is
 *            fine. What goes in is copied, so objects can be freed in any order. What a function returns as a pointer to
 *            const is a view and is not freed.
 * Views.     A defenderauth_str, _slice or _header, and a returned const object, is good until the next call on its
 *            object that is not const, or until that object is freed. `data` is never NULL, a text has a NUL at its
 *            end, and what is absent has the length 0. Views of secrets are wiped when they end.
 * Text in.   A pointer and a length: UTF-8 without a NUL in it; DEFENDERAUTH_TEXT("..") gives both. NULL with 0 means
 *            "not given", NULL with another length is DEFENDERAUTH_NULL.
 * Text out.  (buf, cap, out_len): `*out_len` is the length without the NUL, both when it fits and when it does not. Text
 *            needs cap > length, bytes cap >= length. NULL with 0 asks for the length. `out_len` may be NULL. Wipe what
 *            was secret with defenderauth_wipe.
 * Getters.   Those without a result answer NULL, and an object that is lost, with nothing: empty, 0, false or NULL.
 * Time.      Seconds since 1970, and yours to tell: defenderauth_authenticator_run alone reads a clock.
 * Threads.   Any thread may use any object. Functions that take a const object may run together on it, others need it
 *            for themselves. defenderauth_https_cancel may be called at any time, from a signal handler too. There is
 *            nothing to initialise; the library has no threads, signals or callbacks of its own.
 * Growth.    Structs and numbers stay as they are; what is new gets a new name. Treat an action that you do not know as
 *            DEFENDERAUTH_ACTION_FAILED and skip findings that you do not know. Every function is in every build of the
 *            library; where its feature was left out it answers DEFENDERAUTH_UNSUPPORTED.
 */

#ifndef DEFENDERAUTH_H
#define DEFENDERAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A result that must be looked at. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define DEFENDERAUTH_MUST_USE [[nodiscard]]
#elif defined(__GNUC__)
#define DEFENDERAUTH_MUST_USE __attribute__((warn_unused_result))
#else
#define DEFENDERAUTH_MUST_USE
#endif

/** The version of this header, to be compared with what defenderauth_version() says of the library. */
#define DEFENDERAUTH_VERSION "0.1.0"

/** A text that ends with a NUL, as the two arguments that functions take. It is evaluated twice. */
#define DEFENDERAUTH_TEXT(s) (s), strlen(s)

/** The module of the security agents. */
#define DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY "azureiotsecurity"

/** The module of the micro agent. */
#define DEFENDERAUTH_MODULE_MICRO_AGENT "DefenderIotMicroAgent"

/** Send the request; answer with `_handle_response` or `_handle_no_response`. */
#define DEFENDERAUTH_ACTION_SEND 1

/** Let time pass; answer with `_handle_elapsed`. */
#define DEFENDERAUTH_ACTION_WAIT 2

/** Hand `_tpm_input` to the TPM; answer with `_handle_activated`. */
#define DEFENDERAUTH_ACTION_ACTIVATE 3

/** Have `_tpm_input` signed; answer with `_handle_signature`. */
#define DEFENDERAUTH_ACTION_SIGN 4

/** It is done; take the outcome. */
#define DEFENDERAUTH_ACTION_DONE 5

/** It is over; read `_failure`. */
#define DEFENDERAUTH_ACTION_FAILED 6

/** None yet. */
#define DEFENDERAUTH_CREDENTIAL_NONE 0

/** A key that makes tokens, or a ready token. */
#define DEFENDERAUTH_CREDENTIAL_KEY 1

/** A certificate, shown in the TLS handshake. */
#define DEFENDERAUTH_CREDENTIAL_CERTIFICATE 2

/** A key that signs elsewhere. */
#define DEFENDERAUTH_CREDENTIAL_TPM 3

/** Straight as its module, or as the device that a connection string names. */
#define DEFENDERAUTH_IDENTITY_MODULE 1

/** As the device, which asks the hub for its module. */
#define DEFENDERAUTH_IDENTITY_DEVICE 2

/** The provisioning service says which hub. */
#define DEFENDERAUTH_IDENTITY_DPS 3

/** The key of this attempt only; it stays transient in the TPM. */
#define DEFENDERAUTH_KEY_USE_REGISTRATION 1

/** The key that the hub knows; it is persistent in the TPM. */
#define DEFENDERAUTH_KEY_USE_HUB 2

/** Each ID percent-encoded once: the default. */
#define DEFENDERAUTH_AUDIENCE_ENCODED 0

/** Nothing encoded but the whole. */
#define DEFENDERAUTH_AUDIENCE_RAW 1

/** Each ID encoded, and then the whole. */
#define DEFENDERAUTH_AUDIENCE_ENCODED_TWICE 2

/** Certificates can be read. */
#define DEFENDERAUTH_FEATURE_X509 1

/** Agents' configurations can be read. */
#define DEFENDERAUTH_FEATURE_AGENT 2

/** The built-in driver is there. */
#define DEFENDERAUTH_FEATURE_HTTPS 4

/** TPMs can be used. */
#define DEFENDERAUTH_FEATURE_TPM 8

/** Authenticators can be made: Device mode and provisioning. */
#define DEFENDERAUTH_FEATURE_FLOWS 16

/** A certificate is over. */
#define DEFENDERAUTH_FINDING_EXPIRED 1

/** A certificate has not begun. */
#define DEFENDERAUTH_FINDING_NOT_YET_VALID 2

/** It may not authenticate a client. */
#define DEFENDERAUTH_FINDING_NO_CLIENT_AUTH 4

/** Its common name is not the expected one. */
#define DEFENDERAUTH_FINDING_NAME_MISMATCH 8

/** The certificates were not in order; that is mended. */
#define DEFENDERAUTH_FINDING_CHAIN_ORDER 16

/** A certificate was not signed by the next, or is missing. */
#define DEFENDERAUTH_FINDING_CHAIN_BROKEN 32

/** It is a CA's certificate. */
#define DEFENDERAUTH_FINDING_CA_LEAF 64

/** Its key or signature is too weak for the services. */
#define DEFENDERAUTH_FINDING_WEAK 128

/** A buffer of this size takes any text that is written to one, PEM excepted. */
#define DEFENDERAUTH_TEXT_CAPACITY 4096

/** A buffer of this size takes any public key of a TPM. */
#define DEFENDERAUTH_PUBLIC_CAPACITY 1024

/** A buffer of this size takes any signature. */
#define DEFENDERAUTH_SIGNATURE_CAPACITY 64

/** No request has more headers. */
#define DEFENDERAUTH_REQUEST_HEADER_LIMIT 8

/** Stop reading a response there. */
#define DEFENDERAUTH_BODY_LIMIT 65536

/** How long a token lives when nothing else is asked for, in seconds. */
#define DEFENDERAUTH_DEFAULT_TOKEN_SECONDS 3600

/** The version of this header: major << 16 | minor << 8 | patch. */
#define DEFENDERAUTH_VERSION_NUMBER 256

/** What an agent has on its disk. Wiped when freed. Free it with `defenderauth_agent_config_free`. */
typedef struct defenderauth_agent_config defenderauth_agent_config;

/**
 * One run of a way to authenticate: poll for the next action, handle what came of it. Free it with
 * `defenderauth_authenticator_free`. When it is done it is immutable, and good for tokens until it is freed.
 */
typedef struct defenderauth_authenticator defenderauth_authenticator;

/**
 * A certificate, those that stand behind it, and its private key if that is not held elsewhere. Immutable; wiped when
 * freed. Free it with `defenderauth_certificate_free`.
 */
typedef struct defenderauth_certificate defenderauth_certificate;

/** A connection string. Immutable; wiped when freed. Free it with `defenderauth_connection_string_free`. */
typedef struct defenderauth_connection_string defenderauth_connection_string;

/** What went wrong, whose fault it is and what to do. Immutable. Free it with `defenderauth_error_free`. */
typedef struct defenderauth_error defenderauth_error;

/**
 * A driver: whom it trusts, where it connects to, and by what clock. Set it up once; then any number of runs may share it,
 * from any threads. Free it with `defenderauth_https_free`.
 */
typedef struct defenderauth_https defenderauth_https;

/** A shared access key. Immutable; wiped when freed. Free it with `defenderauth_key_free`. */
typedef struct defenderauth_key defenderauth_key;

/**
 * What an authenticator does otherwise than by default. Free it with `defenderauth_options_free`; authenticators that were
 * made with it keep what it said.
 */
typedef struct defenderauth_options defenderauth_options;

/**
 * Who registers, where, and with which payload. Free it with `defenderauth_profile_free`; authenticators that were made
 * with it keep what it said.
 */
typedef struct defenderauth_profile defenderauth_profile;

/** A key and a resource, prepared: a token a call, without allocation. Immutable. Free it with `defenderauth_signer_free`. */
typedef struct defenderauth_signer defenderauth_signer;

/** An open TPM 2.0. What is loaded into it is flushed when it is freed. Free it with `defenderauth_tpm_free`. */
typedef struct defenderauth_tpm defenderauth_tpm;

/** 0 is `DEFENDERAUTH_OK`; what the others mean is said where they are defined. */
typedef int32_t defenderauth_result;

/**
 * A view of text. `data` is never NULL and ends with a NUL that `len` does not count; absent is `len == 0`. It lives
 * until the next call on its object that is not const, or until the object is freed.
 */
typedef struct defenderauth_str {
    /** The text, in UTF-8. */
    const char *data;
    /** Its length in bytes. */
    size_t len;
} defenderauth_str;

/** A header of HTTP. Coming out of the library both are text with a NUL at the end; going in they need none. */
typedef struct defenderauth_header {
    /** Its name. */
    struct defenderauth_str name;
    /** Its value. */
    struct defenderauth_str value;
} defenderauth_header;

/** A view of bytes. `data` is never NULL; absent is `len == 0`. It lives as long as a view of text. */
typedef struct defenderauth_slice {
    /** The bytes. */
    const uint8_t *data;
    /** How many. */
    size_t len;
} defenderauth_slice;

/** It did what it was asked for. */
#define DEFENDERAUTH_OK 0

/** A pointer is NULL that may not be. */
#define DEFENDERAUTH_NULL 101

/** A text is not UTF-8, or has a NUL in it. */
#define DEFENDERAUTH_UTF8 102

/** The buffer is too small; the length that it needs is in `*out_len`. */
#define DEFENDERAUTH_BUFFER_TOO_SMALL 103

/** Not in this state: poll, and answer what is pending. */
#define DEFENDERAUTH_STATE 104

/** An argument has a value that cannot be. */
#define DEFENDERAUTH_ARGUMENT 105

/** This credential has no such output. */
#define DEFENDERAUTH_NOT_APPLICABLE 106

/** This build of the library lacks it. */
#define DEFENDERAUTH_UNSUPPORTED 107

/** A defect of the library. The object that the call was about cannot be used any more. */
#define DEFENDERAUTH_PANIC 199

/** The text is not a connection string. */
#define DEFENDERAUTH_CONNECTION_STRING 201

/** The text is not a name of its kind. */
#define DEFENDERAUTH_IDENTIFIER 202

/** The text is not a SAS token. */
#define DEFENDERAUTH_SAS_TOKEN 203

/** A setting of a configuration file. */
#define DEFENDERAUTH_CONFIG 204

/** The text is not JSON, or too large. */
#define DEFENDERAUTH_PAYLOAD 205

/** There is no such file. */
#define DEFENDERAUTH_FILE_NOT_FOUND 211

/** The file may not be read. */
#define DEFENDERAUTH_FILE_PERMISSION 212

/** The file cannot be read, or is not what it should be. */
#define DEFENDERAUTH_FILE_READ 213

/** The key is not base64. */
#define DEFENDERAUTH_KEY_BASE64 301

/** The key has a length that cannot be. */
#define DEFENDERAUTH_KEY_LENGTH 302

/** There is no key where one must be. */
#define DEFENDERAUTH_KEY_ABSENT 303

/** The service said no: any 4xx without a number of its own. */
#define DEFENDERAUTH_SERVICE_REJECTED 400

/** The service does not believe the credential. */
#define DEFENDERAUTH_SERVICE_UNAUTHORIZED 401

/** The credential does not allow it. */
#define DEFENDERAUTH_SERVICE_FORBIDDEN 403

/** The service does not know the device, the module or the enrollment. */
#define DEFENDERAUTH_SERVICE_NOT_FOUND 404

/** The service wants to be asked less often. */
#define DEFENDERAUTH_SERVICE_THROTTLED 429

/** The service is busy or down (408, 5xx). */
#define DEFENDERAUTH_SERVICE_UNAVAILABLE 440

/** The provisioning service could not assign the device. */
#define DEFENDERAUTH_REGISTRATION_FAILED 441

/** The enrollment is disabled. */
#define DEFENDERAUTH_REGISTRATION_DISABLED 442

/** Nobody has registered the device yet. */
#define DEFENDERAUTH_REGISTRATION_UNASSIGNED 443

/** A message of the service is not what the protocol says. */
#define DEFENDERAUTH_PROTOCOL_MESSAGE 450

/** A message of the service is too long. */
#define DEFENDERAUTH_PROTOCOL_LIMIT 451

/** The hub has given the module no credential that can be used. */
#define DEFENDERAUTH_PROTOCOL_NO_CREDENTIAL 452

/** The TPM refused a command; `defenderauth_error_tpm_code` has its answer. */
#define DEFENDERAUTH_TPM_COMMAND 501

/** The TPM cannot be reached. */
#define DEFENDERAUTH_TPM_ACCESS 502

/** The service's key for the TPM is not whole. */
#define DEFENDERAUTH_TPM_BLOB 503

/** A certificate or a key cannot be read or used. */
#define DEFENDERAUTH_CERTIFICATE_FORMAT 601

/** The key is not the certificate's. */
#define DEFENDERAUTH_CERTIFICATE_KEY 602

/** There is no certificate, or no key, where one must be. */
#define DEFENDERAUTH_CERTIFICATE_ABSENT 603

/** The documentation forbids this certificate here. */
#define DEFENDERAUTH_CERTIFICATE_RULE 604

/** TLS cannot be set up, or the server is not trusted. */
#define DEFENDERAUTH_TLS 650

/** The given token is over; have a new one made where it came from. */
#define DEFENDERAUTH_TOKEN_EXPIRED 700

/** The attempt's time is over; begin again. */
#define DEFENDERAUTH_OUT_OF_TIME 701

/** No answer came, however often it was asked for. */
#define DEFENDERAUTH_NO_RESPONSE 801

/** The call's own time is over; run it again to go on. */
#define DEFENDERAUTH_TIMEOUT 802

/** It was cancelled. */
#define DEFENDERAUTH_CANCELLED 803

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* ---- the library */

/** The version of the library as text, such as `0.1.0`. Static. */
const char *defenderauth_version(void);

/** The version of the library as a number, to be compared with `DEFENDERAUTH_VERSION_NUMBER` of the header. */
uint32_t defenderauth_version_number(void);

/** What this build has: `DEFENDERAUTH_FEATURE_` bits. Without its feature a function answers `DEFENDERAUTH_UNSUPPORTED`. */
uint32_t defenderauth_features(void);

/** The name of a result, such as `DEFENDERAUTH_KEY_BASE64`. Static and never NULL; `UNKNOWN` for a number that is none. */
const char *defenderauth_result_string(defenderauth_result code);

/** Overwrites memory with zeros in a way that a compiler cannot leave out. NULL is fine. */
void defenderauth_wipe(void *buf, size_t len);

/* ---- errors: immutable; NULL is no error */

/** The result that came with it. NULL is no error, so its result is `DEFENDERAUTH_OK`. */
defenderauth_result defenderauth_error_result(const struct defenderauth_error *error);

/** What is wrong and what to do about it: one printable line, which never quotes a secret. */
struct defenderauth_str defenderauth_error_message(const struct defenderauth_error *error);

/** The file, setting, JSON member, parameter or step to blame. */
struct defenderauth_str defenderauth_error_field(const struct defenderauth_error *error);

/** What the service calls the incident, for a request to Microsoft's support. */
struct defenderauth_str defenderauth_error_tracking_id(const struct defenderauth_error *error);

/** The status of the service's answer; 0 = none. */
uint16_t defenderauth_error_http_status(const struct defenderauth_error *error);

/** The service's own number, of six digits; 0 = none. */
uint32_t defenderauth_error_service_code(const struct defenderauth_error *error);

/** The TPM's response code; 0 = none. */
uint32_t defenderauth_error_tpm_code(const struct defenderauth_error *error);

/** Whether the same inputs may succeed later. */
bool defenderauth_error_is_retryable(const struct defenderauth_error *error);

/** How long the service asked to be left alone, in seconds; -1 = it did not. */
int64_t defenderauth_error_retry_after_seconds(const struct defenderauth_error *error);

/** Frees an error. NULL is fine. */
void defenderauth_error_free(struct defenderauth_error *error);

/* ---- connection strings: immutable */

/** Reads a connection string: a device's, a module's, or a service's, which has a policy's name. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_connection_string_parse(const char *s,
                                                         size_t len,
                                                         struct defenderauth_connection_string **out,
                                                         struct defenderauth_error **error);

/** Makes a connection string. Without a key it is `x509=true`; the module ID may be empty. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_connection_string_new(const char *host_name,
                                                       size_t host_name_len,
                                                       const char *device_id,
                                                       size_t device_id_len,
                                                       const char *module_id,
                                                       size_t module_id_len,
                                                       const struct defenderauth_key *key_or_null,
                                                       struct defenderauth_connection_string **out,
                                                       struct defenderauth_error **error);

/** The hub. */
struct defenderauth_str defenderauth_connection_string_host_name(const struct defenderauth_connection_string *connection_string);

/** The gateway through which the hub is reached. */
struct defenderauth_str defenderauth_connection_string_gateway_host_name(const struct defenderauth_connection_string *connection_string);

/** The device. */
struct defenderauth_str defenderauth_connection_string_device_id(const struct defenderauth_connection_string *connection_string);

/** The module. */
struct defenderauth_str defenderauth_connection_string_module_id(const struct defenderauth_connection_string *connection_string);

/** The policy. When there is one, the string is a service's and not a device's. */
struct defenderauth_str defenderauth_connection_string_policy_name(const struct defenderauth_connection_string *connection_string);

/** Whether a certificate proves the identity (`x509=true`). */
bool defenderauth_connection_string_is_x509(const struct defenderauth_connection_string *connection_string);

/** Whether there is a key in it. */
bool defenderauth_connection_string_has_key(const struct defenderauth_connection_string *connection_string);

/** The key in it, or `DEFENDERAUTH_KEY_ABSENT`. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_connection_string_key(const struct defenderauth_connection_string *connection_string,
                                                       struct defenderauth_key **out,
                                                       struct defenderauth_error **error);

/** Writes it as text, with its key. Wipe the buffer when it is no longer needed. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_connection_string_to_text(const struct defenderauth_connection_string *connection_string,
                                                           char *buf,
                                                           size_t cap,
                                                           size_t *out_len,
                                                           struct defenderauth_error **error);

/** Frees a connection string, and wipes it. NULL is fine. */
void defenderauth_connection_string_free(struct defenderauth_connection_string *connection_string);

/* ---- keys: immutable; wiped when freed */

/** Reads a key in base64. White space around it is fine. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_key_from_base64(const char *s,
                                                 size_t len,
                                                 struct defenderauth_key **out,
                                                 struct defenderauth_error **error);

/** Derives the key of one device from the key of its enrollment group, as the provisioning service does. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_key_derive(const struct defenderauth_key *group_key,
                                            const char *registration_id,
                                            size_t len,
                                            struct defenderauth_key **out,
                                            struct defenderauth_error **error);

/** Writes a key as base64. Wipe the buffer when it is no longer needed. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_key_to_base64(const struct defenderauth_key *key,
                                               char *buf,
                                               size_t cap,
                                               size_t *out_len,
                                               struct defenderauth_error **error);

/** Frees a key, and wipes it. NULL is fine. */
void defenderauth_key_free(struct defenderauth_key *key);

/* ---- tokens */

/**
 * Writes a token that ends at `expiry`, in seconds since 1970. The resource is plain text such as `host/devices/id`; the
 * policy's name may be empty.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_sas_token(const struct defenderauth_key *key,
                                           const char *resource,
                                           size_t resource_len,
                                           const char *policy,
                                           size_t policy_len,
                                           uint64_t expiry,
                                           char *buf,
                                           size_t cap,
                                           size_t *out_len,
                                           struct defenderauth_error **error);

/** Writes what has to be signed for a token, for a key that is held elsewhere: in a TPM, an HSM, another process. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_sas_string_to_sign(const char *resource,
                                                    size_t resource_len,
                                                    uint64_t expiry,
                                                    char *buf,
                                                    size_t cap,
                                                    size_t *out_len,
                                                    struct defenderauth_error **error);

/** Writes the token that a signature of 32 bytes makes. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_sas_assemble(const char *resource,
                                              size_t resource_len,
                                              const char *policy,
                                              size_t policy_len,
                                              uint64_t expiry,
                                              const uint8_t *signature,
                                              size_t signature_len,
                                              char *buf,
                                              size_t cap,
                                              size_t *out_len,
                                              struct defenderauth_error **error);

/** When to make the next token at the earliest, counted from this one. */
uint64_t defenderauth_sas_renew_at_least_milliseconds(uint64_t ttl_seconds);

/** When to make the next token at the latest, counted from this one. Anything between the two spreads a fleet's load. */
uint64_t defenderauth_sas_renew_at_most_milliseconds(uint64_t ttl_seconds);

/* ---- signers: immutable; one per identity, then a token per call */

/** Prepares a key for one resource, plain text such as `host/devices/id`. The policy's name may be empty. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_signer_new(const struct defenderauth_key *key,
                                            const char *resource,
                                            size_t resource_len,
                                            const char *policy,
                                            size_t policy_len,
                                            struct defenderauth_signer **out,
                                            struct defenderauth_error **error);

/** Writes a token that ends at `expiry`, in seconds since 1970. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_signer_token(const struct defenderauth_signer *signer,
                                              uint64_t expiry,
                                              char *buf,
                                              size_t cap,
                                              size_t *out_len,
                                              struct defenderauth_error **error);

/** Frees a signer, and wipes its key. NULL is fine. */
void defenderauth_signer_free(struct defenderauth_signer *signer);

/* ---- options: for any authenticator; what is not set has its default */

/** Makes options with nothing set. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_new(struct defenderauth_options **out,
                                             struct defenderauth_error **error);

/** Names the agent to the services: as the header `User-Agent`, and in the MQTT user name. Empty: the library's name. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_set_user_agent(struct defenderauth_options *options,
                                                        const char *text,
                                                        size_t len,
                                                        struct defenderauth_error **error);

/** Says through which gateway the hub is reached over MQTT; tokens stay the hub's. Empty: none. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_set_gateway_host_name(struct defenderauth_options *options,
                                                               const char *text,
                                                               size_t len,
                                                               struct defenderauth_error **error);

/** Says which model of IoT Plug and Play the device implements (`dtmi:…`), in the MQTT user name. Empty: none. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_set_model_id(struct defenderauth_options *options,
                                                      const char *text,
                                                      size_t len,
                                                      struct defenderauth_error **error);

/** Says how tokens write what they are good for: `DEFENDERAUTH_AUDIENCE_`. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_set_audience(struct defenderauth_options *options,
                                                      int32_t audience,
                                                      struct defenderauth_error **error);

/** Says how long the tokens of the flow's own requests hold. They never end before the attempt does. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_set_token_seconds(struct defenderauth_options *options,
                                                           uint64_t seconds,
                                                           struct defenderauth_error **error);

/** Says after how long an attempt gives up; ten minutes unless it is set. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_set_attempt_seconds(struct defenderauth_options *options,
                                                             uint64_t seconds,
                                                             struct defenderauth_error **error);

/** Gives the certificate of a module that the hub wants one of (Device mode). */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_options_set_module_certificate(struct defenderauth_options *options,
                                                                const struct defenderauth_certificate *certificate,
                                                                struct defenderauth_error **error);

/** Frees options. NULL is fine. */
void defenderauth_options_free(struct defenderauth_options *options);

/* ---- profiles: what to register with the provisioning service */

/** Makes a profile for the global provisioning service. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_profile_new(const char *id_scope,
                                             size_t id_scope_len,
                                             const char *registration_id,
                                             size_t registration_id_len,
                                             struct defenderauth_profile **out,
                                             struct defenderauth_error **error);

/** Says which provisioning service, if it is not the global one. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_profile_set_endpoint(struct defenderauth_profile *profile,
                                                      const char *host_name,
                                                      size_t len,
                                                      struct defenderauth_error **error);

/** Gives the service a payload: any JSON value, sent as it is. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_profile_set_payload(struct defenderauth_profile *profile,
                                                     const char *json,
                                                     size_t len,
                                                     struct defenderauth_error **error);

/** Only asks where the device is registered, and does not register it. A TPM cannot prove that question. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_profile_set_lookup_only(struct defenderauth_profile *profile,
                                                         bool lookup_only,
                                                         struct defenderauth_error **error);

/** Frees a profile. NULL is fine. */
void defenderauth_profile_free(struct defenderauth_profile *profile);

/* ---- certificates: immutable */

/**
 * Reads certificates in PEM, whatever their order, and the private key of one of them, which becomes the first. When
 * `key` is empty, the key is taken from `chain`; when there is none, somebody else holds it: the program's TLS library,
 * an HSM.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_certificate_from_pem(const char *chain,
                                                      size_t chain_len,
                                                      const char *key,
                                                      size_t key_len,
                                                      struct defenderauth_certificate **out,
                                                      struct defenderauth_error **error);

/** The same for a key that may be encrypted (PKCS#8). An empty passphrase is none; one that is not needed does no harm. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_certificate_from_pem_with_passphrase(const char *chain,
                                                                      size_t chain_len,
                                                                      const char *key,
                                                                      size_t key_len,
                                                                      const char *passphrase,
                                                                      size_t passphrase_len,
                                                                      struct defenderauth_certificate **out,
                                                                      struct defenderauth_error **error);

/** Whether the private key is in it. If not, somebody else holds it. */
bool defenderauth_certificate_has_key(const struct defenderauth_certificate *certificate);

/** Whether its own key signed it. Then the hub knows it by its thumbprint. */
bool defenderauth_certificate_is_self_signed(const struct defenderauth_certificate *certificate);

/** The common name (CN) of its subject, which the services compare with an ID. */
struct defenderauth_str defenderauth_certificate_common_name(const struct defenderauth_certificate *certificate);

/** Its SHA-1 thumbprint: 40 hexadecimal digits, with capital letters. */
struct defenderauth_str defenderauth_certificate_thumbprint_sha1(const struct defenderauth_certificate *certificate);

/** Its SHA-256 thumbprint: 64 hexadecimal digits, with capital letters. */
struct defenderauth_str defenderauth_certificate_thumbprint_sha256(const struct defenderauth_certificate *certificate);

/** Its first second, since 1970. */
uint64_t defenderauth_certificate_not_before(const struct defenderauth_certificate *certificate);

/** Its last second, since 1970. */
uint64_t defenderauth_certificate_not_after(const struct defenderauth_certificate *certificate);

/**
 * What a service may refuse at the time `now`, or somebody should look at: `DEFENDERAUTH_FINDING_` bits. These are
 * warnings; the certificate can be used all the same. `expected_name` is the ID that the common name has to be, letter by
 * letter; when it is empty, none is compared.
 */
uint32_t defenderauth_certificate_findings(const struct defenderauth_certificate *certificate,
                                           uint64_t now,
                                           const char *expected_name,
                                           size_t len);

/**
 * What one bit of `defenderauth_certificate_findings` means and what to do about it, in a line. Static and never NULL;
 * `unknown` for what is no bit, or not one of this version.
 */
const char *defenderauth_certificate_finding_string(uint32_t finding);

/** The certificate and those that lead on from it, in PEM, the leaf first. Never the private key. */
struct defenderauth_str defenderauth_certificate_chain_pem(const struct defenderauth_certificate *certificate);

/**
 * Writes the private key as PKCS#8 in PEM, not encrypted, or answers `DEFENDERAUTH_CERTIFICATE_ABSENT` when somebody else
 * holds it. Wipe the buffer when it is no longer needed.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_certificate_key_to_pem(const struct defenderauth_certificate *certificate,
                                                        char *buf,
                                                        size_t cap,
                                                        size_t *out_len,
                                                        struct defenderauth_error **error);

/** Frees a certificate, and wipes its key. NULL is fine. */
void defenderauth_certificate_free(struct defenderauth_certificate *certificate);

/* ---- configurations of agents: a folder or a file, with the files that it names */

/**
 * Reads a micro agent's folder, a file with a connection string, `LocalConfiguration.json` or `Authentication.config`, with
 * the files that they name. `path` is in the system's own bytes (UTF-8 where its names are not bytes).
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_agent_config_load(const char *path,
                                                   size_t len,
                                                   struct defenderauth_agent_config **out,
                                                   struct defenderauth_error **error);

/**
 * The same for an agent whose private key may be encrypted: the agents' own files have no word for a passphrase. An empty
 * one is none; one that is not needed does no harm.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_agent_config_load_with_passphrase(const char *path,
                                                                   size_t len,
                                                                   const char *passphrase,
                                                                   size_t passphrase_len,
                                                                   struct defenderauth_agent_config **out,
                                                                   struct defenderauth_error **error);

/**
 * Whether the provisioning service is only asked where the device is (true until it is set, as the agents do it), or
 * registers it. It changes nothing for a configuration that does not go there.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_agent_config_set_lookup_only(struct defenderauth_agent_config *config,
                                                              bool lookup_only,
                                                              struct defenderauth_error **error);

/** As whom the agent first authenticates: `DEFENDERAUTH_IDENTITY_`. 0 for NULL. */
int32_t defenderauth_agent_config_identity(const struct defenderauth_agent_config *config);

/** The hub. Empty when the provisioning service is to say it. */
struct defenderauth_str defenderauth_agent_config_host_name(const struct defenderauth_agent_config *config);

/** The device. Empty when the provisioning service is to say it. */
struct defenderauth_str defenderauth_agent_config_device_id(const struct defenderauth_agent_config *config);

/** The module, as which the agent begins or which the hub is asked for. */
struct defenderauth_str defenderauth_agent_config_module_id(const struct defenderauth_agent_config *config);

/** The ID scope, with identity DPS. */
struct defenderauth_str defenderauth_agent_config_id_scope(const struct defenderauth_agent_config *config);

/** The registration ID, with identity DPS. */
struct defenderauth_str defenderauth_agent_config_registration_id(const struct defenderauth_agent_config *config);

/** How many things may be a mistake in the files, although they can be used: a key file that others may read, for one. */
size_t defenderauth_agent_config_finding_count(const struct defenderauth_agent_config *config);

/** One of them, in a line: the file, what was noticed, and what to do about it. Empty when there are not so many. */
struct defenderauth_str defenderauth_agent_config_finding(const struct defenderauth_agent_config *config, size_t index);

/** Frees a configuration, and wipes it. NULL is fine. */
void defenderauth_agent_config_free(struct defenderauth_agent_config *config);

/* ---- authenticators: poll, do what is pending, answer; then take the outcome */

/** What to do next: `DEFENDERAUTH_ACTION_`. Pure: ask as often as you like. */
int32_t defenderauth_authenticator_poll(const struct defenderauth_authenticator *authenticator);

/** Where it stands, in words: for logs, not for decisions. */
struct defenderauth_str defenderauth_authenticator_state(const struct defenderauth_authenticator *authenticator);

/**
 * Why it failed. Not NULL exactly when `defenderauth_authenticator_poll` says FAILED, for a NULL or poisoned object too. It
 * is the authenticator's: do not free it.
 */
const struct defenderauth_error *defenderauth_authenticator_failure(const struct defenderauth_authenticator *authenticator);

/** Frees an authenticator, and wipes it. NULL is fine. */
void defenderauth_authenticator_free(struct defenderauth_authenticator *authenticator);

/**
 * SEND: an answer came, whatever its status. Pass all headers (`Retry-After` and `Date` are read), or NULL and 0 when they
 * are not known; wipe the body afterwards.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_handle_response(struct defenderauth_authenticator *authenticator,
                                                               uint64_t now,
                                                               uint16_t status,
                                                               const struct defenderauth_header *headers,
                                                               size_t header_count,
                                                               const uint8_t *body,
                                                               size_t body_len,
                                                               struct defenderauth_error **error);

/** SEND: no complete answer came: no connection, a reset, a time-out. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_handle_no_response(struct defenderauth_authenticator *authenticator,
                                                                  uint64_t now,
                                                                  struct defenderauth_error **error);

/** WAIT: the time has passed. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_handle_elapsed(struct defenderauth_authenticator *authenticator,
                                                              uint64_t now,
                                                              struct defenderauth_error **error);

/** ACTIVATE: the key is in the TPM. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_handle_activated(struct defenderauth_authenticator *authenticator,
                                                                uint64_t now,
                                                                struct defenderauth_error **error);

/** SIGN: the signature, 32 bytes. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_handle_signature(struct defenderauth_authenticator *authenticator,
                                                                uint64_t now,
                                                                const uint8_t *signature,
                                                                size_t len,
                                                                struct defenderauth_error **error);

/**
 * Begins with a connection string, a module's or a device's: DONE at once. One that says `x509=true` takes a certificate;
 * without it somebody else has the key.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_module(const struct defenderauth_connection_string *connection_string,
                                                          const struct defenderauth_certificate *certificate_or_null,
                                                          const struct defenderauth_options *options_or_null,
                                                          uint64_t now,
                                                          struct defenderauth_authenticator **out,
                                                          struct defenderauth_error **error);

/**
 * Begins with a device and its key. With a module ID it goes on in Device mode and asks the hub for that module; without
 * one it ends as the device.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_device_key(const char *host_name,
                                                              size_t host_name_len,
                                                              const char *device_id,
                                                              size_t device_id_len,
                                                              const char *module_id,
                                                              size_t module_id_len,
                                                              const struct defenderauth_key *key,
                                                              const struct defenderauth_options *options_or_null,
                                                              uint64_t now,
                                                              struct defenderauth_authenticator **out,
                                                              struct defenderauth_error **error);

/**
 * Begins with a device and its certificate. With a module ID it goes on in Device mode, which takes no certificate that a
 * CA has signed: `DEFENDERAUTH_CERTIFICATE_RULE`.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_device_certificate(const char *host_name,
                                                                      size_t host_name_len,
                                                                      const char *device_id,
                                                                      size_t device_id_len,
                                                                      const char *module_id,
                                                                      size_t module_id_len,
                                                                      const struct defenderauth_certificate *certificate,
                                                                      const struct defenderauth_options *options_or_null,
                                                                      uint64_t now,
                                                                      struct defenderauth_authenticator **out,
                                                                      struct defenderauth_error **error);

/** Begins with a device whose key is in the TPM from an earlier registration, or wherever else it signs. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_device_tpm(const char *host_name,
                                                              size_t host_name_len,
                                                              const char *device_id,
                                                              size_t device_id_len,
                                                              const char *module_id,
                                                              size_t module_id_len,
                                                              const struct defenderauth_options *options_or_null,
                                                              uint64_t now,
                                                              struct defenderauth_authenticator **out,
                                                              struct defenderauth_error **error);

/** Begins with the provisioning service and a key: of an individual enrollment, or derived from a group's. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_dps_key(const struct defenderauth_profile *profile,
                                                           const char *module_id,
                                                           size_t module_id_len,
                                                           const struct defenderauth_key *key,
                                                           const struct defenderauth_options *options_or_null,
                                                           uint64_t now,
                                                           struct defenderauth_authenticator **out,
                                                           struct defenderauth_error **error);

/** Begins with the provisioning service and a certificate: of an individual enrollment or of a group. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_dps_certificate(const struct defenderauth_profile *profile,
                                                                   const char *module_id,
                                                                   size_t module_id_len,
                                                                   const struct defenderauth_certificate *certificate,
                                                                   const struct defenderauth_options *options_or_null,
                                                                   uint64_t now,
                                                                   struct defenderauth_authenticator **out,
                                                                   struct defenderauth_error **error);

/**
 * Begins with the provisioning service and a TPM, by its two public keys. The identity key in the TPM is replaced only
 * when the hub's key has arrived.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_dps_tpm(const struct defenderauth_profile *profile,
                                                           const char *module_id,
                                                           size_t module_id_len,
                                                           const uint8_t *endorsement_key,
                                                           size_t endorsement_key_len,
                                                           const uint8_t *storage_root_key,
                                                           size_t storage_root_key_len,
                                                           const struct defenderauth_options *options_or_null,
                                                           uint64_t now,
                                                           struct defenderauth_authenticator **out,
                                                           struct defenderauth_error **error);

/** Begins with an agent's configuration. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_from_agent_config(const struct defenderauth_agent_config *config,
                                                                 const struct defenderauth_options *options_or_null,
                                                                 uint64_t now,
                                                                 struct defenderauth_authenticator **out,
                                                                 struct defenderauth_error **error);

/**
 * The same outcome with the module's other key, after the hub refused the first: DONE at once, or
 * `DEFENDERAUTH_KEY_ABSENT`.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_new_secondary(const struct defenderauth_authenticator *done,
                                                             struct defenderauth_authenticator **out,
                                                             struct defenderauth_error **error);

/** What proves the identity: `DEFENDERAUTH_CREDENTIAL_`. */
int32_t defenderauth_authenticator_credential(const struct defenderauth_authenticator *authenticator);

/** The hub. Keep it and the device ID: with them the provisioning service need not be asked next time. */
struct defenderauth_str defenderauth_authenticator_host_name(const struct defenderauth_authenticator *authenticator);

/** The gateway through which the hub is reached. */
struct defenderauth_str defenderauth_authenticator_gateway_host_name(const struct defenderauth_authenticator *authenticator);

/** The device. */
struct defenderauth_str defenderauth_authenticator_device_id(const struct defenderauth_authenticator *authenticator);

/** The module. */
struct defenderauth_str defenderauth_authenticator_module_id(const struct defenderauth_authenticator *authenticator);

/** What tokens are good for, as it stands in `sr=`: the name in a put-token of AMQP. */
struct defenderauth_str defenderauth_authenticator_audience(const struct defenderauth_authenticator *authenticator);

/** Whether both are DONE with the same host, IDs, and key or certificate. When they are not, connect anew. */
bool defenderauth_authenticator_same_outcome(const struct defenderauth_authenticator *a,
                                             const struct defenderauth_authenticator *b);

/**
 * Writes a connection string for other programs, with the key that is in use. Wipe the buffer when it is no longer needed.
 * A key in a TPM has none: `DEFENDERAUTH_NOT_APPLICABLE`.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_connection_string(const struct defenderauth_authenticator *authenticator,
                                                                 char *buf,
                                                                 size_t cap,
                                                                 size_t *out_len,
                                                                 struct defenderauth_error **error);

/**
 * Writes a token that lives for `ttl_seconds` from `now` on. KEY only. A ready token is written as it is, or is
 * `DEFENDERAUTH_TOKEN_EXPIRED`.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_sas_token(const struct defenderauth_authenticator *authenticator,
                                                         uint64_t now,
                                                         uint64_t ttl_seconds,
                                                         char *buf,
                                                         size_t cap,
                                                         size_t *out_len,
                                                         struct defenderauth_error **error);

/** Writes what the key that is held elsewhere has to sign for a token that ends at `expiry`. TPM only. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_sas_string_to_sign(const struct defenderauth_authenticator *authenticator,
                                                                  uint64_t expiry,
                                                                  char *buf,
                                                                  size_t cap,
                                                                  size_t *out_len,
                                                                  struct defenderauth_error **error);

/** Writes the token that a signature of 32 bytes makes. TPM only. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_sas_assemble(const struct defenderauth_authenticator *authenticator,
                                                            uint64_t expiry,
                                                            const uint8_t *signature,
                                                            size_t signature_len,
                                                            char *buf,
                                                            size_t cap,
                                                            size_t *out_len,
                                                            struct defenderauth_error **error);

/** Makes a signer for many tokens of this identity. KEY only. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_signer(const struct defenderauth_authenticator *authenticator,
                                                      struct defenderauth_signer **out,
                                                      struct defenderauth_error **error);

/** The host to connect to over MQTT, port 8883: the gateway, else the hub. The server must bear this name. */
struct defenderauth_str defenderauth_authenticator_mqtt_host_name(const struct defenderauth_authenticator *authenticator);

/** The MQTT client identifier. */
struct defenderauth_str defenderauth_authenticator_mqtt_client_id(const struct defenderauth_authenticator *authenticator);

/** The MQTT user name. The password is a token, or none with a certificate. */
struct defenderauth_str defenderauth_authenticator_mqtt_user_name(const struct defenderauth_authenticator *authenticator);

/** What the provisioning service sent for the device: JSON text. */
struct defenderauth_str defenderauth_authenticator_dps_payload(const struct defenderauth_authenticator *authenticator);

/** How the assignment came about, such as `initialAssignment`. */
struct defenderauth_str defenderauth_authenticator_dps_substatus(const struct defenderauth_authenticator *authenticator);

/** When the assignment was made or changed. Opaque: another text is another assignment. */
struct defenderauth_str defenderauth_authenticator_dps_last_updated(const struct defenderauth_authenticator *authenticator);

/** SEND: the host to connect to on port 443. The server must bear this name. */
struct defenderauth_str defenderauth_authenticator_request_host(const struct defenderauth_authenticator *authenticator);

/** SEND: `GET`, `PUT` or `POST`. */
struct defenderauth_str defenderauth_authenticator_request_method(const struct defenderauth_authenticator *authenticator);

/** SEND: path and query, encoded. */
struct defenderauth_str defenderauth_authenticator_request_target(const struct defenderauth_authenticator *authenticator);

/** SEND: the body; empty when there is none. */
struct defenderauth_slice defenderauth_authenticator_request_body(const struct defenderauth_authenticator *authenticator);

/**
 * SEND: a header, counted from 0; behind the last its name is empty. `Host`, `Connection` and `Content-Length` are never
 * among them.
 */
struct defenderauth_header defenderauth_authenticator_request_header(const struct defenderauth_authenticator *authenticator,
                                                                     size_t index);

/** SEND: the value of the header `Authorization`, the same as among the headers. A secret. */
struct defenderauth_str defenderauth_authenticator_request_authorization(const struct defenderauth_authenticator *authenticator);

/**
 * SEND: the certificate to present in this request's TLS handshake. DONE: the one to present to the hub. NULL when none
 * proves it. It is the authenticator's: do not free it.
 */
const struct defenderauth_certificate *defenderauth_authenticator_certificate(const struct defenderauth_authenticator *authenticator);

/** WAIT: let at least so many milliseconds pass. */
uint64_t defenderauth_authenticator_wait_at_least_milliseconds(const struct defenderauth_authenticator *authenticator);

/** WAIT: let at most so many milliseconds pass. A point picked at random spreads a fleet's load. */
uint64_t defenderauth_authenticator_wait_at_most_milliseconds(const struct defenderauth_authenticator *authenticator);

/** ACTIVATE: the blob for the TPM. SIGN: the bytes to sign with HMAC-SHA256. */
struct defenderauth_slice defenderauth_authenticator_tpm_input(const struct defenderauth_authenticator *authenticator);

/** ACTIVATE and SIGN: which of the two keys, `DEFENDERAUTH_KEY_USE_`. */
int32_t defenderauth_authenticator_key_use(const struct defenderauth_authenticator *authenticator);

/** How many seconds the service's clock is ahead of `now`, as its last answer says; 0 = unknown. Add it to your clock. */
int64_t defenderauth_authenticator_clock_offset_seconds(const struct defenderauth_authenticator *authenticator);

/**
 * Runs an authenticator to its end: `DEFENDERAUTH_OK` says that it is DONE. Without a driver it takes a default one, which
 * nothing can cancel. After `DEFENDERAUTH_TIMEOUT`, `DEFENDERAUTH_CANCELLED` or a failure of the TPM its action is still
 * pending; run it again to go on. The same is true when the server is not trusted. A wait that has begun goes on between
 * the runs. Without a TPM, work for one ends the run with `DEFENDERAUTH_NULL`; do that work, or run it again with a TPM.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_authenticator_run(struct defenderauth_authenticator *authenticator,
                                                   const struct defenderauth_https *https_or_null,
                                                   struct defenderauth_tpm *tpm_or_null,
                                                   uint64_t timeout_milliseconds,
                                                   struct defenderauth_error **error);

/* ---- the built-in driver: set up once, then shared */

/** Makes a driver with the system's root certificates and clock. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_https_new(struct defenderauth_https **out,
                                           struct defenderauth_error **error);

/** Trusts the root certificates in this file, PEM, and no others. The path is in the system's own bytes. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_https_set_ca_file(struct defenderauth_https *https,
                                                   const char *path,
                                                   size_t len,
                                                   struct defenderauth_error **error);

/** Trusts the root certificates in this PEM text, and no others. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_https_set_ca_pem(struct defenderauth_https *https,
                                                  const char *pem,
                                                  size_t len,
                                                  struct defenderauth_error **error);

/**
 * Trusts the root certificates behind Azure IoT, which are built in, and no others: for systems without a store of
 * certificates. They end in 2038 and 2042.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_https_set_azure_roots(struct defenderauth_https *https,
                                                       struct defenderauth_error **error);

/**
 * Has every connection go there, such as `127.0.0.1:8443`, `[::1]:8443` or `emulator:8443`, whatever the host. The server
 * must bear the host's name all the same. No proxy is used then.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_https_set_connect_to(struct defenderauth_https *https,
                                                      const char *host_and_port,
                                                      size_t len,
                                                      struct defenderauth_error **error);

/** Adds so many seconds to the system's clock: what `defenderauth_authenticator_clock_offset_seconds` has said. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_https_set_clock_offset_seconds(struct defenderauth_https *https,
                                                                int64_t seconds,
                                                                struct defenderauth_error **error);

/**
 * Ends every run with this driver, the one that goes on and every later one, with `DEFENDERAUTH_CANCELLED`: within a second,
 * unless it looks up a name or waits for a TPM. Any thread may call it at any time, and so may a signal handler.
 */
void defenderauth_https_cancel(const struct defenderauth_https *https);

/** Frees a driver. NULL is fine. */
void defenderauth_https_free(struct defenderauth_https *https);

/* ---- a TPM 2.0 */

/** Opens a TPM: `device:/dev/tpmrm0`, `swtpm:path=..` or `swtpm:host=..,port=..`; empty is the first of them. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_open(const char *endpoint,
                                          size_t len,
                                          struct defenderauth_tpm **out,
                                          struct defenderauth_error **error);

/** Has the hub's key at another persistent handle than 0x81000100, which other software of the device may use. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_set_identity_handle(struct defenderauth_tpm *tpm,
                                                         uint32_t handle,
                                                         struct defenderauth_error **error);

/** Gives the password of the owner hierarchy, of any bytes. Empty: it has none. The copy is wiped with the object. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_set_owner_password(struct defenderauth_tpm *tpm,
                                                        const uint8_t *password,
                                                        size_t len,
                                                        struct defenderauth_error **error);

/** Gives the password of the endorsement hierarchy, likewise. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_set_endorsement_password(struct defenderauth_tpm *tpm,
                                                              const uint8_t *password,
                                                              size_t len,
                                                              struct defenderauth_error **error);

/** Makes the endorsement key and the storage root key persistent, where they are not: for TPMs that take long to make them. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_persist_keys(struct defenderauth_tpm *tpm,
                                                  struct defenderauth_error **error);

/** Writes the public endorsement key, a `TPM2B_PUBLIC`. It is made if there is none. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_endorsement_key(struct defenderauth_tpm *tpm,
                                                     uint8_t *buf,
                                                     size_t cap,
                                                     size_t *out_len,
                                                     struct defenderauth_error **error);

/** Writes the public storage root key, a `TPM2B_PUBLIC`. It is made if there is none. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_storage_root_key(struct defenderauth_tpm *tpm,
                                                      uint8_t *buf,
                                                      size_t cap,
                                                      size_t *out_len,
                                                      struct defenderauth_error **error);

/** Writes the registration ID that this TPM has by its endorsement key. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_registration_id(struct defenderauth_tpm *tpm,
                                                     char *buf,
                                                     size_t cap,
                                                     size_t *out_len,
                                                     struct defenderauth_error **error);

/** Takes in a key that the service has wrapped: what `defenderauth_authenticator_tpm_input` holds with ACTIVATE. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_activate(struct defenderauth_tpm *tpm,
                                              int32_t key_use,
                                              const uint8_t *blob,
                                              size_t len,
                                              struct defenderauth_error **error);

/** Writes the HMAC-SHA256 of the data, 32 bytes, by one of the two keys. */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_sign(struct defenderauth_tpm *tpm,
                                          int32_t key_use,
                                          const uint8_t *data,
                                          size_t data_len,
                                          uint8_t *buf,
                                          size_t cap,
                                          size_t *out_len,
                                          struct defenderauth_error **error);

/**
 * Writes a token for what an authenticator that is DONE has come to, signed by the hub's key:
 * `defenderauth_authenticator_sas_string_to_sign`, `defenderauth_tpm_sign` and `defenderauth_authenticator_sas_assemble` in
 * one.
 */
DEFENDERAUTH_MUST_USE
defenderauth_result defenderauth_tpm_sas_token(struct defenderauth_tpm *tpm,
                                               const struct defenderauth_authenticator *done,
                                               uint64_t now,
                                               uint64_t ttl_seconds,
                                               char *buf,
                                               size_t cap,
                                               size_t *out_len,
                                               struct defenderauth_error **error);

/** Flushes what is still loaded, and frees a TPM. NULL is fine. */
void defenderauth_tpm_free(struct defenderauth_tpm *tpm);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DEFENDERAUTH_H */
