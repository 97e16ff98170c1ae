/*
 * How much stack calls need: each group runs in a thread whose stack was painted before. Prints a line for each: bytes, name. The
 * first line is what the C library itself takes of the stack of a thread.
 *
 * Arguments: a folder with certificates and keys, the address of a service with HTTPS, the file with its root certificate, the
 * address of its MQTT.
 */
#define _GNU_SOURCE
#include <defenderauth.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define HUB "contoso.azure-devices.net"
#define KEY "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw="
#define AT UINT64_C(1800000000)
#define SIZE ((size_t)4 << 20)
#define PAINT 0xa5

static const char *data_folder, *https_address, *roots, *mqtt_address;
static char buf[DEFENDERAUTH_TEXT_CAPACITY];
static defenderauth_key *key;
static defenderauth_signer *signer;
static defenderauth_error *error;

static void must(defenderauth_result result) {
    if (result != DEFENDERAUTH_OK) {
        printf("%s\n", defenderauth_error_line(error).data);
        exit(1);
    }
}

static size_t read_file(const char *name, char *into, size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", data_folder, name);
    FILE *file = fopen(path, "rb");
    size_t len = file == NULL ? 0 : fread(into, 1, size, file);
    if (len == 0) {
        printf("%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return len;
}

static void nothing(void) {
}

static void a_signers_token(void) {
    must(defenderauth_signer_token(signer, AT, buf, sizeof buf, NULL, &error));
}

static void keys_and_tokens(void) {
    defenderauth_key *one = NULL, *derived = NULL;
    defenderauth_connection_string *string = NULL;
    defenderauth_token *token = NULL;
    must(defenderauth_key_from_base64(DEFENDERAUTH_TEXT(KEY), &one, &error));
    must(defenderauth_key_derive(one, DEFENDERAUTH_TEXT("dev-01"), &derived, &error));
    must(defenderauth_connection_string_parse(DEFENDERAUTH_TEXT("HostName=" HUB ";DeviceId=dev-01;SharedAccessKey=" KEY),
                                              &string, &error));
    must(defenderauth_sas_token(one, DEFENDERAUTH_TEXT(HUB "/devices/dev-01"), NULL, 0, AT, buf, sizeof buf, NULL,
                                &error));
    must(defenderauth_token_parse(DEFENDERAUTH_TEXT(buf), &token, &error));
    must(defenderauth_token_verify(token, one, AT - 1, 0, &error));
    defenderauth_token_free(token);
    defenderauth_connection_string_free(string);
    defenderauth_key_free(derived);
    defenderauth_key_free(one);
}

static defenderauth_authenticator *a_device(uint64_t now) {
    defenderauth_authenticator *device = NULL;
    must(defenderauth_authenticator_new_device_key(DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT("dev-01"),
                                                   DEFENDERAUTH_TEXT("azureiotsecurity"), key, NULL, now, &device,
                                                   &error));
    return device;
}

static void an_authenticator(void) {
    static const char answer[] = "{\"moduleId\":\"azureiotsecurity\",\"deviceId\":\"dev-01\",\"authentication\":{\"type\":"
                                 "\"sas\",\"symmetricKey\":{\"primaryKey\":\"" KEY "\",\"secondaryKey\":\"" KEY "\"}}}";
    defenderauth_authenticator *device = a_device(AT);
    must(defenderauth_authenticator_handle_response(device, AT, 200, NULL, 0, (const uint8_t *)answer, strlen(answer),
                                                    &error));
    must(defenderauth_authenticator_sas_token(device, AT, 3600, buf, sizeof buf, NULL, &error));
    defenderauth_authenticator_free(device);
}

static void a_session(void) {
    defenderauth_authenticator *device = a_device(AT);
    defenderauth_sources *sources = NULL;
    defenderauth_session *session = NULL;
    must(defenderauth_sources_new(&sources, &error));
    must(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("one"), device, &error));
    must(defenderauth_session_new(sources, NULL, NULL, NULL, 0, NULL, 0, AT, 0, &session, &error));
    while (defenderauth_session_poll(session) == DEFENDERAUTH_SESSION_ACTION_SAVE) {
        must(defenderauth_session_handle_saved(session, AT, 0, true, &error));
    }
    must(defenderauth_session_handle_no_response(session, AT, 1000, &error));
    defenderauth_session_free(session);
    defenderauth_sources_free(sources);
    defenderauth_authenticator_free(device);
}

static void a_twin(void) {
    static const char desired[] = "{\"desired\":{\"ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration\":{"
                                  "\"snapshotFrequency\":{\"value\":\"PT13H\"}},\"$version\":1},\"reported\":{\"$version\":1}}";
    defenderauth_twin *twin = NULL;
    must(defenderauth_twin_new(DEFENDERAUTH_TWIN_AGENT_C, &twin, &error));
    must(defenderauth_twin_handle_twin(twin, (const uint8_t *)desired, strlen(desired), &error));
    defenderauth_twin_free(twin);
}

static void certificates(void) {
    static char chain[8192], pem[8192];
    static const char *const keys[] = {"p256.encrypted.pem", "p256.sec1.pem"};
    size_t len = read_file("p256.certificate.pem", chain, sizeof chain);
    for (size_t i = 0; i < 2; i++) {
        defenderauth_certificate *certificate = NULL;
        size_t key_len = read_file(keys[i], pem, sizeof pem);
        must(defenderauth_certificate_from_pem_with_passphrase(chain, len, pem, key_len,
                                                               DEFENDERAUTH_TEXT(i == 0 ? "orchid" : NULL), &certificate,
                                                               &error));
        (void)defenderauth_certificate_findings(certificate, AT, DEFENDERAUTH_TEXT("dev-01"));
        defenderauth_certificate_free(certificate);
    }
    defenderauth_certificate *certificate = NULL;
    len = read_file("p256.pfx", chain, sizeof chain);
    must(defenderauth_certificate_from_pkcs12((const uint8_t *)chain, len, NULL, 0, &certificate, &error));
    defenderauth_certificate_free(certificate);
}

static void private_keys(void) {
    static char pem[8192];
    static const char *const keys[] = {"p256.sec1.pem", "rsa2048.pkcs8.pem"};
    for (size_t i = 0; i < 2; i++) {
        defenderauth_private_key *private_key = NULL;
        defenderauth_certificate_request *request = NULL;
        size_t len = read_file(keys[i], pem, sizeof pem);
        must(defenderauth_private_key_from_pem(pem, len, NULL, 0, &private_key, &error));
        must(defenderauth_certificate_request_new(private_key, DEFENDERAUTH_TEXT("dev-01"), &request, &error));
        defenderauth_certificate_request_free(request);
        defenderauth_private_key_free(private_key);
    }
    defenderauth_certificates *kept = NULL;
    must(defenderauth_certificates_new(&kept, &error));
    must(defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT("dev-01"), DEFENDERAUTH_CURVE_P384, &error));
    defenderauth_certificates_free(kept);
}

static void a_configuration(void) {
    defenderauth_agent_config *config = NULL;
    (void)!defenderauth_agent_config_load(DEFENDERAUTH_TEXT(data_folder), &config, NULL);
    defenderauth_agent_config_free(config);
}

static void https_driver(void) {
    defenderauth_authenticator *device = a_device((uint64_t)time(NULL));
    defenderauth_https *https = NULL;
    must(defenderauth_https_new(&https, &error));
    must(defenderauth_https_set_ca_file(https, DEFENDERAUTH_TEXT(roots), &error));
    must(defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT(https_address), &error));
    must(defenderauth_authenticator_run(device, https, NULL, 60000, &error));
    defenderauth_https_free(https);
    defenderauth_authenticator_free(device);
}

static void session_driver(void) {
    defenderauth_authenticator *device = a_device((uint64_t)time(NULL));
    defenderauth_sources *sources = NULL;
    defenderauth_driver *driver = NULL;
    must(defenderauth_sources_new(&sources, &error));
    must(defenderauth_sources_add(sources, DEFENDERAUTH_TEXT("one"), device, &error));
    must(defenderauth_driver_new(&driver, &error));
    must(defenderauth_driver_set_ca_file(driver, DEFENDERAUTH_TEXT(roots), &error));
    must(defenderauth_driver_set_addresses(driver, DEFENDERAUTH_TEXT(HUB), DEFENDERAUTH_TEXT(https_address),
                                           DEFENDERAUTH_TEXT(mqtt_address), &error));
    must(defenderauth_driver_start(driver, sources, NULL, &error));
    for (int turn = 0; turn < 60 && !defenderauth_driver_is_connected(driver); turn++) {
        must(defenderauth_driver_next(driver, 1000, &error));
    }
    if (!defenderauth_driver_is_connected(driver)) {
        printf("%s\n", defenderauth_driver_event_text(driver).data);
        exit(1);
    }
    must(defenderauth_driver_publish(driver, DEFENDERAUTH_TEXT("devices/dev-01/modules/azureiotsecurity/messages/events/"),
                                     (const uint8_t *)"{}", 2, DEFENDERAUTH_QOS_AT_LEAST_ONCE, &error));
    defenderauth_driver_free(driver);
    defenderauth_sources_free(sources);
    defenderauth_authenticator_free(device);
}

static const char *top;

static void *in_a_thread(void *argument) {
    char here;
    void (*const *run)(void) = argument;
    top = &here;
    (*run)();
    return NULL;
}

/* The deepest byte that is no longer painted, counted from the function of the thread. */
static void measure(const char *name, void (*run)(void)) {
    unsigned char *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    if (stack == MAP_FAILED) {
        exit(1);
    }
    memset(stack, PAINT, SIZE);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, SIZE);
    if (pthread_create(&thread, &attributes, in_a_thread, &run) != 0) {
        exit(1);
    }
    pthread_join(thread, NULL);
    size_t untouched = 0;
    while (untouched < SIZE && stack[untouched] == PAINT) {
        untouched++;
    }
    size_t used = (size_t)((uintptr_t)top - (uintptr_t)(stack + untouched));
    printf("%zu\t%s\n", run == nothing ? SIZE - untouched : used, name);
    pthread_attr_destroy(&attributes);
    munmap(stack, SIZE);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        return 2;
    }
    data_folder = argv[1];
    https_address = argv[2];
    roots = argv[3];
    mqtt_address = argv[4];
    must(defenderauth_key_from_base64(DEFENDERAUTH_TEXT(KEY), &key, &error));
    must(defenderauth_signer_new(key, DEFENDERAUTH_TEXT(HUB "/devices/dev-01"), NULL, 0, &signer, &error));
    measure("the C library's share", nothing);
    measure("a token of a signer", a_signers_token);
    measure("keys, connection strings, tokens", keys_and_tokens);
    measure("authenticators", an_authenticator);
    measure("sessions", a_session);
    measure("twins", a_twin);
    measure("configurations of agents", a_configuration);
    measure("certificates", certificates);
    measure("private keys and requests", private_keys);
    measure("the HTTPS driver", https_driver);
    measure("the driver of a session", session_driver);
    defenderauth_signer_free(signer);
    defenderauth_key_free(key);
    return 0;
}
