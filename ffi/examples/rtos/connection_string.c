/* From a connection string to a token. */

#include "kernel.h"
#include <defenderauth.h>

static uint32_t stack[2048];

static void agent(void)
{
    defenderauth_connection_string *string = NULL;
    char token[256];

    /* Azure/azure-iot-cli-extension:azext_iot/tests/iothub/core/test_iot_ext_unit.py */
    defenderauth_result result = defenderauth_connection_string_parse(
        DEFENDERAUTH_TEXT("HostName=iot-hub-for-test.azure-devices.net;DeviceId=iot-device-for-test;"
                          "SharedAccessKey=+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw="),
        &string, NULL);
    if (result == DEFENDERAUTH_OK)
        result = defenderauth_connection_string_sas_token(string, 1471940363, token, sizeof token, NULL, NULL);
    if (result != DEFENDERAUTH_OK) {
        board_print_number("no token: ", (size_t)result);
        board_end(1);
    }
    defenderauth_connection_string_free(string);
    board_check(token, "SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test"
                       "&sig=SIumZ1ACqqPJZ2okHDlW9MSYKykEpqsQY3z6FMOICd4%3D&se=1471940363");
    task_finish(stack, sizeof stack / sizeof *stack);
}

void program(void)
{
    task_begin(agent, stack, sizeof stack / sizeof *stack);
    kernel_run();
}
