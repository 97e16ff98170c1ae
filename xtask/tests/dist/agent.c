/* Derives the key of a device and makes a token, as an agent would. */
#include <defenderauth.h>
#include <stdio.h>

#define GROUP_KEY "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="

int main(void)
{
    char token[DEFENDERAUTH_TEXT_CAPACITY];
    defenderauth_key *group = NULL, *key = NULL;
    defenderauth_error *error = NULL;
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(GROUP_KEY), &group, &error);

    if (result == DEFENDERAUTH_OK)
        result = defenderauth_key_derive(group, DEFENDERAUTH_TEXT("dev1"), &key, &error);
    if (result == DEFENDERAUTH_OK)
        result = defenderauth_sas_token(key, DEFENDERAUTH_TEXT("hub.example/devices/dev1"), NULL, 0, 1700000000, token,
                                        sizeof token, NULL, &error);
    if (result != DEFENDERAUTH_OK)
        fprintf(stderr, "%s: %s\n", defenderauth_result_string(result), defenderauth_error_message(error).data);
    else
        printf("%s %s\n", defenderauth_version(), token);
    defenderauth_error_free(error);
    defenderauth_key_free(key);
    defenderauth_key_free(group);
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
