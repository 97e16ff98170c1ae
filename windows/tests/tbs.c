/*
 * A tbs.dll for tests under wine. It gives programs the TPM that is at a TCP port of this machine.
 *
 * TBS_TEST_PORT    The port. Without it there is no TPM.
 * TBS_TEST_RESULT  What creating a context returns in place of one, in hexadecimal.
 * TBS_TEST_BLOCK   The code of a command that is not passed on, in hexadecimal: the call returns TPM_E_COMMAND_BLOCKED.
 * TBS_TEST_REJECT  The same, but the call succeeds, and TPM_E_COMMAND_BLOCKED is in the response.
 */
#include <winsock2.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __declspec(dllexport) UINT32 WINAPI

#define BAD_PARAMETER 0x80284002u
#define INSUFFICIENT_BUFFER 0x80284005u
#define INVALID_CONTEXT 0x80284004u
#define NOT_FOUND 0x8028400fu
#define BLOCKED 0x80280400u
#define HEADER 10

struct parameters {
    UINT32 version;
    UINT32 included;
};

static UINT32 setting(const char *name) {
    const char *text = getenv(name);
    return text ? (UINT32)strtoul(text, NULL, 16) : 0;
}

static UINT32 number(const BYTE *bytes) {
    return (UINT32)bytes[0] << 24 | (UINT32)bytes[1] << 16 | (UINT32)bytes[2] << 8 | bytes[3];
}

static int sent(SOCKET to, const BYTE *bytes, UINT32 left) {
    while (left > 0) {
        int done = send(to, (const char *)bytes, (int)left, 0);
        if (done <= 0)
            return 0;
        bytes += done;
        left -= (UINT32)done;
    }
    return 1;
}

static int received(SOCKET from, BYTE *bytes, UINT32 left) {
    while (left > 0) {
        int done = recv(from, (char *)bytes, (int)left, 0);
        if (done <= 0)
            return 0;
        bytes += done;
        left -= (UINT32)done;
    }
    return 1;
}

EXPORT Tbsi_Context_Create(const struct parameters *wanted, void **context) {
    const char *port = getenv("TBS_TEST_PORT");
    UINT32 result = setting("TBS_TEST_RESULT");
    struct sockaddr_in address = {0};
    WSADATA data;
    SOCKET tpm;

    if (result)
        return result;
    if (wanted->version != 2 || wanted->included != 4)
        return BAD_PARAMETER;
    if (!port || WSAStartup(0x202, &data))
        return NOT_FOUND;
    tpm = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((u_short)atoi(port));
    if (connect(tpm, (struct sockaddr *)&address, sizeof address)) {
        closesocket(tpm);
        return NOT_FOUND;
    }
    *context = (void *)tpm;
    return 0;
}

EXPORT Tbsip_Submit_Command(void *context, UINT32 locality, UINT32 priority, const BYTE *command, UINT32 length,
                            BYTE *response, UINT32 *size) {
    static const BYTE rejection[HEADER] = {0x80, 1, 0, 0, 0, HEADER, 0x80, 0x28, 4, 0};
    SOCKET tpm = (SOCKET)context;
    UINT32 code, whole;

    if (locality != 0 || priority != 200 || length < HEADER || number(command + 2) != length || *size < HEADER)
        return BAD_PARAMETER;
    code = number(command + 6);
    if (code == setting("TBS_TEST_BLOCK"))
        return BLOCKED;
    if (code == setting("TBS_TEST_REJECT")) {
        memcpy(response, rejection, HEADER);
        *size = HEADER;
        return 0;
    }
    if (!sent(tpm, command, length) || !received(tpm, response, HEADER))
        return INVALID_CONTEXT;
    whole = number(response + 2);
    if (whole < HEADER || whole > *size) {
        *size = whole;
        return INSUFFICIENT_BUFFER;
    }
    if (!received(tpm, response + HEADER, whole - HEADER))
        return INVALID_CONTEXT;
    *size = whole;
    return 0;
}

EXPORT Tbsip_Context_Close(void *context) {
    closesocket((SOCKET)context);
    return 0;
}
