/*
 * Calls the authentication manager as the agent does, and prints the connection strings.
 * agent CAFILE HOST:PORT HUB SCOPE KEYFILE CERTIFICATEFILE MODULEKEY
 * agent key|certificate FILE       only reads the file
 */
#include "authentication_manager.h"

#include <defenderauth.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static char string[500];
static uint32_t size;

static bool print(bool found) {
    if (found) {
        puts(string);
        found = size == sizeof string - strlen(string);
    }
    AuthenticationManager_Deinit();
    return found;
}

static bool begin(char **argv) {
    size = sizeof string;
    return AuthenticationManager_Init() && AuthenticationManager_UseNetwork(argv[1], argv[2]);
}

/* dev-01 is registered before the agent looks it up. */
static bool registered(char **argv) {
    defenderauth_https *https = NULL;
    defenderauth_key *key = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_authenticator *auth = NULL;
    char text[100] = "";
    FILE *file = fopen(argv[5], "rb");
    bool is_done =
        file != NULL && fread(text, 1, sizeof text - 1, file) > 0 &&
        defenderauth_https_new(&https, NULL) == DEFENDERAUTH_OK &&
        defenderauth_https_set_ca_file(https, DEFENDERAUTH_TEXT(argv[1]), NULL) == DEFENDERAUTH_OK &&
        defenderauth_https_set_connect_to(https, DEFENDERAUTH_TEXT(argv[2]), NULL) == DEFENDERAUTH_OK &&
        defenderauth_key_from_base64(text, strcspn(text, "\r\n"), &key, NULL) == DEFENDERAUTH_OK &&
        defenderauth_profile_new(DEFENDERAUTH_TEXT(argv[4]), DEFENDERAUTH_TEXT("dev-01"), &profile, NULL) ==
            DEFENDERAUTH_OK &&
        defenderauth_authenticator_new_dps_key(profile, NULL, 0, key, NULL, (uint64_t)time(NULL), &auth, NULL) ==
            DEFENDERAUTH_OK &&
        defenderauth_authenticator_run(auth, https, NULL, 60000, NULL) == DEFENDERAUTH_OK;
    if (file != NULL) {
        fclose(file);
    }
    defenderauth_authenticator_free(auth);
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
    defenderauth_https_free(https);
    return is_done;
}

static int read_only(const char *kind, const char *file) {
    char hub[] = "hub.example", device[] = "dev-01";
    bool is_read = AuthenticationManager_Init() && (strcmp(kind, "key") == 0
                                                        ? AuthenticationManager_InitFromSharedAccessKey(file, hub, device)
                                                        : AuthenticationManager_InitFromCertificate(file, hub, device));
    AuthenticationManager_Deinit();
    return is_read ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 3) {
        return read_only(argv[1], argv[2]);
    }
    if (argc != 8) {
        return 2;
    }
    char *hub = argv[3], *scope = argv[4], *key = argv[5], *pem = argv[6], *module_key = argv[7];
    if (!begin(argv) || !print(AuthenticationManager_GenerateConnectionStringFromSharedAccessKey(
                            module_key, string, &size, hub, "dev-01"))) {
        return 3;
    }
    if (!begin(argv) || !print(AuthenticationManager_InitFromSharedAccessKey(key, hub, "dev-01") &&
                               AuthenticationManager_GetConnectionString(string, &size))) {
        return 4;
    }
    if (!begin(argv) || !print(AuthenticationManager_InitFromCertificate(pem, hub, "dev-03") &&
                               AuthenticationManager_GetConnectionString(string, &size))) {
        return 5;
    }
    /* The second time nothing has changed. */
    if (!registered(argv) || !begin(argv) ||
        !print(AuthenticationManager_SetDPSDetails(scope, "dev-01") &&
               AuthenticationManager_InitFromSharedAccessKey(key, "", "") &&
               AuthenticationManager_GetHostNameFromDPS() && !AuthenticationManager_GetHostNameFromDPS() &&
               AuthenticationManager_GetConnectionString(string, &size))) {
        return 6;
    }
    size = 20;
    return !AuthenticationManager_GetConnectionString(string, &size) ? 0 : 7;
}
