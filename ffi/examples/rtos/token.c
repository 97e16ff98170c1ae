/* From a key to a token, without a heap. */

#include "kernel.h"
#include <defenderauth.h>

static uint32_t stack[2048];

static void agent(void)
{
    char token[256];
    /* Azure/azure-iot-cli-extension:azext_iot/tests/iothub/core/test_iot_ext_unit.py */
    defenderauth_result result = defenderauth_sas_token_from_base64(
        DEFENDERAUTH_TEXT("+XLy+MVZ+aTeOnVzN2kLeB16O+kSxmz6g3rS6fAf6rw="),
        DEFENDERAUTH_TEXT("iot-hub-for-test.azure-devices.net/devices/iot-device-for-test"), NULL, 0, 1471940363, token,
        sizeof token, NULL);
    if (result != DEFENDERAUTH_OK) {
        board_print_number("no token: ", (size_t)result);
        board_end(1);
    }
    board_check(token, "SharedAccessSignature sr=iot-hub-for-test.azure-devices.net%2Fdevices%2Fiot-device-for-test"
                       "&sig=SIumZ1ACqqPJZ2okHDlW9MSYKykEpqsQY3z6FMOICd4%3D&se=1471940363");
    task_finish(stack, sizeof stack / sizeof *stack);
}

void program(void)
{
    task_begin(agent, stack, sizeof stack / sizeof *stack);
    kernel_run();
}
