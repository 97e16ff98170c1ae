/* The program of agent.c without a C runtime. */
#include <defenderauth.h>

#define STDOUT 0xfffffff5u /* STD_OUTPUT_HANDLE */
#define GROUP_KEY "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="

__declspec(dllimport) void *GetStdHandle(unsigned long which);
__declspec(dllimport) int WriteFile(void *file, const void *data, unsigned long size, unsigned long *written, void *overlapped);
__declspec(dllimport) void ExitProcess(unsigned int code);

static void print(const char *text)
{
    unsigned long written;

    WriteFile(GetStdHandle(STDOUT), text, (unsigned long)defenderauth_text_length(text), &written, NULL);
}

void start(void)
{
    static char token[DEFENDERAUTH_TEXT_CAPACITY];
    defenderauth_key *group = NULL, *key = NULL;
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(GROUP_KEY), &group, NULL);

    if (result == DEFENDERAUTH_OK)
        result = defenderauth_key_derive(group, DEFENDERAUTH_TEXT("dev1"), &key, NULL);
    if (result == DEFENDERAUTH_OK)
        result = defenderauth_sas_token(key, DEFENDERAUTH_TEXT("hub.example/devices/dev1"), NULL, 0, 1700000000, token,
                                        sizeof token, NULL, NULL);
    print(defenderauth_version());
    print(" ");
    print(token);
    print("\n");
    defenderauth_key_free(key);
    defenderauth_key_free(group);
    ExitProcess(result == DEFENDERAUTH_OK ? 0 : 1);
}
