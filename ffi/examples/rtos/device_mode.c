/* From a connection string to the device's security module, by Device mode: one task authenticates, another is the network. */

#include "kernel.h"
#include <defenderauth.h>

static uint32_t agent_stack[3072], network_stack[256];
static mailbox requests, answers;

/* Sends a request to the hub and takes its answer: here it is played. */
static void network(void)
{
    static const char answer[] = "{\"deviceId\":\"iot-device-for-test\",\"moduleId\":\"azureiotsecurity\",\"authentication\":"
                                 "{\"type\":\"sas\",\"symmetricKey\":{\"primaryKey\":\"QEFCQ0RFRkdISUpLTE1OTw==\"}}}";
    for (;;) {
        size_t len;
        board_check(mailbox_wait(&requests, &len),
                    "/devices/iot-device-for-test/modules/azureiotsecurity?api-version=2018-06-30");
        mailbox_send(&answers, answer, sizeof answer - 1);
    }
}

static uint64_t now(void)
{
    return 1700000000;
}

static defenderauth_result answered(defenderauth_authenticator *me)
{
    size_t len;
    defenderauth_str target = defenderauth_authenticator_request_target(me);
    mailbox_send(&requests, target.data, target.len);
    const uint8_t *body = (const uint8_t *)mailbox_wait(&answers, &len);
    return defenderauth_authenticator_handle_response(me, now(), 200, NULL, 0, body, len, NULL);
}

static defenderauth_result authenticated(defenderauth_authenticator *me)
{
    for (;;) {
        defenderauth_result result;
        switch (defenderauth_authenticator_poll(me)) {
        case DEFENDERAUTH_ACTION_SEND:
            result = answered(me);
            break;
        case DEFENDERAUTH_ACTION_WAIT:      /* nothing waits here */
            result = defenderauth_authenticator_handle_elapsed(me, now(), NULL);
            break;
        case DEFENDERAUTH_ACTION_DONE:
            return DEFENDERAUTH_OK;
        default:
            return defenderauth_error_result(defenderauth_authenticator_failure(me));
        }
        if (result != DEFENDERAUTH_OK)
            return result;
    }
}

static void agent(void)
{
    defenderauth_connection_string *string = NULL;
    defenderauth_key *key = NULL;
    defenderauth_authenticator *me = NULL;
    char token[256];

    /* Azure/azure-iot-cli-extension:azext_iot/tests/iothub/core/test_iot_ext_unit.py */
    defenderauth_result result = defenderauth_connection_string_parse(
        DEFENDERAUTH_TEXT("HostName=iot-hub-for-test.azure-devices.net;DeviceId=iot-device-for-test;"
                          "SharedAccessKey=+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw="),
        &string, NULL);
    if (result == DEFENDERAUTH_OK)
        result = defenderauth_connection_string_key(string, &key, NULL);
    if (result == DEFENDERAUTH_OK) {
        defenderauth_str host = defenderauth_connection_string_host_name(string);
        defenderauth_str device = defenderauth_connection_string_device_id(string);
        result = defenderauth_authenticator_new_device_key(
            host.data, host.len, device.data, device.len,
            DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY), key, NULL, now(), &me, NULL);
    }
    if (result == DEFENDERAUTH_OK)
        result = authenticated(me);
    if (result == DEFENDERAUTH_OK)
        result = defenderauth_authenticator_sas_token(me, now(), 3600, token, sizeof token, NULL, NULL);
    if (result != DEFENDERAUTH_OK) {
        board_print_number("no token: ", (size_t)result);
        board_end(1);
    }
    defenderauth_authenticator_free(me);
    defenderauth_key_free(key);
    defenderauth_connection_string_free(string);
    /* By Python's hmac. */
    board_check(token, "SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test%2Fmodules"
                       "%2Fazureiotsecurity&sig=UEcZFtebVobU3S9TtPq%2FvBME%2BGQYtfVGdyGr4HRWquY%3D&se=1700003600");
    task_finish(agent_stack, sizeof agent_stack / sizeof *agent_stack);
}

void program(void)
{
    task_begin(agent, agent_stack, sizeof agent_stack / sizeof *agent_stack);
    task_begin(network, network_stack, sizeof network_stack / sizeof *network_stack);
    kernel_run();
}
