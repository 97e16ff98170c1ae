/*
 * Creates a token for an agent that owns no key: a daemon of this device signs it.
 *
 * Build: cc no_key.c $(pkg-config --cflags --libs defenderauth) -o no_key
 * Run:   ./no_key             in a module of IoT Edge, by its environment
 *        ./no_key FOLDER      on a host with the identity service; FOLDER has its sockets, such as /run/aziot
 */
#include <defenderauth.h>
#include <stdio.h>
#include <time.h>

#define STEP(call)                                                                                                     \
    do {                                                                                                               \
        if (result == DEFENDERAUTH_OK) {                                                                               \
            result = call;                                                                                             \
        }                                                                                                              \
    } while (0)

int main(int argc, char **argv) {
    defenderauth_daemon *daemon = NULL;
    defenderauth_authenticator *me = NULL;
    defenderauth_error *error = NULL;
    char token[DEFENDERAUTH_TEXT_CAPACITY];
    uint64_t now = (uint64_t)time(NULL);

    defenderauth_result result = argc > 1
        ? defenderauth_daemon_new_identity_service(DEFENDERAUTH_TEXT(argv[1]), &daemon, &error)
        : defenderauth_daemon_new_workload(NULL, 0, &daemon, &error);
    STEP(defenderauth_authenticator_new_daemon(daemon, NULL, now, &me, &error));
    STEP(defenderauth_authenticator_run(me, NULL, NULL, 60000, &error)); /* asks the identity service who this is */
    STEP(defenderauth_daemon_sas_token(daemon, me, now, DEFENDERAUTH_DEFAULT_TOKEN_SECONDS, token, sizeof token, NULL,
                                       &error));
    if (result == DEFENDERAUTH_OK) {
        fprintf(stderr, "connect to %s as %s\n", defenderauth_authenticator_mqtt_host_name(me).data,
                defenderauth_authenticator_mqtt_user_name(me).data);
        puts(token);
        defenderauth_wipe(token, sizeof token);
    } else {
        fprintf(stderr, "no_key: %s\n", defenderauth_error_line(error).data);
    }
    defenderauth_error_free(error);
    defenderauth_authenticator_free(me);
    defenderauth_daemon_free(daemon);
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
