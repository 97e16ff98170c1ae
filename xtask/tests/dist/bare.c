/* A program for the library without an operating system under it, on a system that has one: what it takes from the program is the
 * C library's. With LEVEL 0 it does not use the library, with 1 it makes a token of a key, with 2 of a connection string, and with 3
 * it goes through Device mode. */

#include <defenderauth.h>
#include <defenderauth_hooks.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef LEVEL
#define LEVEL 3
#endif

#define STRING                                                                                                         \
    "HostName=iot-hub-for-test.azure-devices.net;DeviceId=iot-device-for-test;"                                        \
    "SharedAccessKey=+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw="

static size_t blocks;

void *defenderauth_hook_allocate(size_t size)
{
    void *memory = getenv("NO_MEMORY") == NULL ? malloc(size) : NULL;
    blocks += memory != NULL;
    return memory;
}

void defenderauth_hook_free(void *memory)
{
    blocks--;
    free(memory);
}

void defenderauth_hook_panic(const char *file, size_t file_len, uint32_t line)
{
    fprintf(stderr, "a panic in %.*s, line %lu\n", (int)file_len, file, (unsigned long)line);
    exit(9);
}

#if LEVEL >= 3
static defenderauth_result answered(defenderauth_authenticator *me)
{
    static const char answer[] = "{\"deviceId\":\"iot-device-for-test\",\"moduleId\":\"azureiotsecurity\",\"authentication\":"
                                 "{\"type\":\"sas\",\"symmetricKey\":{\"primaryKey\":\"QEFCQ0RFRkdISUpLTE1OTw==\"}}}";
    return defenderauth_authenticator_handle_response(me, 1700000000, 200, NULL, 0, (const uint8_t *)answer,
                                                      sizeof answer - 1, NULL);
}

static defenderauth_result device_mode(const defenderauth_connection_string *string, char *token, size_t cap)
{
    defenderauth_str host = defenderauth_connection_string_host_name(string);
    defenderauth_str device = defenderauth_connection_string_device_id(string);
    defenderauth_authenticator *me = NULL;
    defenderauth_key *key = NULL;
    defenderauth_result result = defenderauth_connection_string_key(string, &key, NULL);
    if (result == DEFENDERAUTH_OK)
        result = defenderauth_authenticator_new_device_key(host.data, host.len, device.data, device.len,
                                                           DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY), key,
                                                           NULL, 1700000000, &me, NULL);
    if (result == DEFENDERAUTH_OK && defenderauth_authenticator_poll(me) == DEFENDERAUTH_ACTION_SEND)
        result = answered(me);
    if (result == DEFENDERAUTH_OK)
        result = defenderauth_authenticator_sas_token(me, 1700000000, 3600, token, cap, NULL, NULL);
    defenderauth_authenticator_free(me);
    defenderauth_key_free(key);
    return result;
}
#endif

int main(void)
{
    char token[512] = "";
    int result = 0;
#if LEVEL == 1
    result = defenderauth_sas_token_from_base64(
        DEFENDERAUTH_TEXT("+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw="),
        DEFENDERAUTH_TEXT("iot-hub-for-test.azure-devices.net/devices/iot-device-for-test"), NULL, 0, 1471940363, token,
        sizeof token, NULL);
#elif LEVEL >= 2
    defenderauth_connection_string *string = NULL;
    result = defenderauth_connection_string_parse(DEFENDERAUTH_TEXT(STRING), &string, NULL);
    if (result == DEFENDERAUTH_OK)
#if LEVEL >= 3
        result = device_mode(string, token, sizeof token);
#else
        result = defenderauth_connection_string_sas_token(string, 1471940363, token, sizeof token, NULL, NULL);
#endif
    defenderauth_connection_string_free(string);
#endif
    printf("%d %s\n", result, token);
    return blocks == 0 ? 0 : 8;
}
