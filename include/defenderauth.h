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

/** A connection string. Immutable; wiped when freed. Free it with `defenderauth_connection_string_free`. */
typedef struct defenderauth_connection_string defenderauth_connection_string;

/** What went wrong, whose fault it is and what to do. Immutable. Free it with `defenderauth_error_free`. */
typedef struct defenderauth_error defenderauth_error;

/** A shared access key. Immutable; wiped when freed. Free it with `defenderauth_key_free`. */
typedef struct defenderauth_key defenderauth_key;

/** A key and a resource, prepared: a token a call, without allocation. Immutable. Free it with `defenderauth_signer_free`. */
typedef struct defenderauth_signer defenderauth_signer;

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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DEFENDERAUTH_H */
