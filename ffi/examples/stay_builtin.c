/*
 * An agent that stays connected for years, with the built-in driver: it registers with the provisioning service, gets
 * the keys of its security module from the hub, sends a message each minute, and prints a line for each thing that
 * happens.
 *
 * Build: cc stay_builtin.c $(pkg-config --cflags --libs defenderauth) -o stay_builtin
 * Run:   ./stay_builtin SCOPE REGISTRATION_ID KEYFILE FOLDER [CAFILE HUB HTTPS_ADDRESS:PORT MQTT_ADDRESS:PORT]
 *        The folder keeps the state from run to run. The rest is for tests: other trust anchors, and the addresses to
 *        connect to instead of the hub's and the provisioning service's.
 */
#include <defenderauth.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define DPS "global.azure-devices-provisioning.net"
#define STEP(call)                                                                                                     \
    do {                                                                                                               \
        if (result == DEFENDERAUTH_OK) {                                                                               \
            result = call;                                                                                             \
        }                                                                                                              \
    } while (0)

/* A signal handler has no other way to it. */
static defenderauth_control *control;

static void on_signal(int number) {
    (void)number;
    defenderauth_control_cancel(control);
}

static defenderauth_result read_key(const char *path, defenderauth_key **out, defenderauth_error **error) {
    char text[256] = "";
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(text), out, error);
    defenderauth_wipe(text, sizeof text);
    return result;
}

/* The device's enrollment, by its key, as the only source. */
static defenderauth_result enrolled(char **argv, defenderauth_sources **sources, defenderauth_error **error) {
    defenderauth_key *key = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_authenticator *authenticator = NULL;
    defenderauth_result result = read_key(argv[3], &key, error);
    STEP(defenderauth_profile_new(DEFENDERAUTH_TEXT(argv[1]), DEFENDERAUTH_TEXT(argv[2]), &profile, error));
    STEP(defenderauth_authenticator_new_dps_key(profile, DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY), key,
                                                NULL, (uint64_t)time(NULL), &authenticator, error));
    STEP(defenderauth_sources_new(sources, error));
    STEP(defenderauth_sources_add(*sources, DEFENDERAUTH_TEXT("dps"), authenticator, error));
    defenderauth_authenticator_free(authenticator);
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
    return result;
}

/* One message. The driver reconnects when it cannot be sent. */
static void send_message(defenderauth_driver *driver) {
    static const uint8_t payload[] = "alive";
    const defenderauth_session *session = defenderauth_driver_session(driver);
    char topic[512];
    defenderauth_error *error = NULL;
    snprintf(topic, sizeof topic, "devices/%s/modules/%s/messages/events/",
             defenderauth_session_device_id(session).data, defenderauth_session_module_id(session).data);
    defenderauth_result result =
        defenderauth_driver_publish(driver, DEFENDERAUTH_TEXT(topic), payload, sizeof payload - 1,
                                    DEFENDERAUTH_QOS_AT_LEAST_ONCE, &error);
    printf("%s\n", result == DEFENDERAUTH_OK ? "message sent" : defenderauth_error_line(error).data);
    defenderauth_error_free(error);
}

static defenderauth_result stay(defenderauth_driver *driver, defenderauth_error **error) {
    for (;;) {
        defenderauth_result result = defenderauth_driver_next(driver, 60000, error);
        if (result != DEFENDERAUTH_OK) {
            return result;
        }
        int32_t event = defenderauth_driver_event(driver);
        if (event != DEFENDERAUTH_EVENT_NONE) {
            puts(defenderauth_driver_event_text(driver).data);
        }
        if (event == DEFENDERAUTH_EVENT_CONNECTED ||
            (event == DEFENDERAUTH_EVENT_NONE && defenderauth_driver_is_connected(driver))) {
            send_message(driver);
        }
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    defenderauth_driver *driver = NULL;
    defenderauth_sources *sources = NULL;
    defenderauth_error *error = NULL;
    if (argc != 5 && argc != 9) {
        fprintf(stderr, "usage: stay_builtin SCOPE REGISTRATION_ID KEYFILE FOLDER "
                        "[CAFILE HUB HTTPS_ADDRESS:PORT MQTT_ADDRESS:PORT]\n");
        return 2;
    }
    defenderauth_result result = defenderauth_driver_new(&driver, &error);
    if (argc == 9) {
        STEP(defenderauth_driver_set_ca_file(driver, DEFENDERAUTH_TEXT(argv[5]), &error));
        STEP(defenderauth_driver_set_addresses(driver, DEFENDERAUTH_TEXT(argv[6]), DEFENDERAUTH_TEXT(argv[7]),
                                               DEFENDERAUTH_TEXT(argv[8]), &error));
        STEP(defenderauth_driver_set_addresses(driver, DEFENDERAUTH_TEXT(DPS), DEFENDERAUTH_TEXT(argv[7]),
                                               DEFENDERAUTH_TEXT(argv[8]), &error));
    }
    STEP(defenderauth_driver_set_folder(driver, DEFENDERAUTH_TEXT(argv[4]), &error));
    STEP(enrolled(argv, &sources, &error));
    STEP(defenderauth_driver_start(driver, sources, NULL, &error));
    STEP(defenderauth_driver_control(driver, &control, &error));
    if (result == DEFENDERAUTH_OK) {
        signal(SIGTERM, on_signal);
        signal(SIGINT, on_signal);
    }
    STEP(stay(driver, &error));
    if (result != DEFENDERAUTH_CANCELLED) {
        fprintf(stderr, "stay_builtin: %s\n", defenderauth_error_line(error).data);
    }
    defenderauth_error_free(error);
    defenderauth_sources_free(sources);
    defenderauth_driver_free(driver);
    defenderauth_control_free(control);
    return result == DEFENDERAUTH_CANCELLED ? 0 : 1;
}
