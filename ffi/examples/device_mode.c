/*
 * Device mode with the program's own HTTP client, here libcurl 7.84 or later: a device requests the key of its security
 * module from the hub and creates a token for that module.
 *
 * Build: cc device_mode.c $(pkg-config --cflags --libs defenderauth libcurl) -o device_mode
 * Run:   ./device_mode HUB DEVICE KEYFILE [CAFILE HOST:PORT]
 *        The last two are for tests: other trust anchors, and the address to connect to instead of the hub's.
 */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <curl/curl.h>
#include <defenderauth.h>
#include <stdio.h>
#include <time.h>

typedef struct network {
    const char *ca_file, *connect_to;
} network;

typedef struct answer {
    unsigned char body[DEFENDERAUTH_BODY_LIMIT];
    size_t len;
} answer;

static size_t take(char *data, size_t size, size_t count, void *user) {
    answer *to = (answer *)user;
    size_t len = size * count;
    if (len > sizeof to->body - to->len) {
        return 0; /* longer than any valid response: fail the transfer */
    }
    memcpy(to->body + to->len, data, len);
    to->len += len;
    return len;
}

/* Sends the pending request. Returns the status of the response, or 0 when none arrived. */
static long transfer(CURL *curl, const defenderauth_authenticator *auth, const network *network, answer *answer) {
    const char *host = defenderauth_authenticator_request_host(auth).data;
    defenderauth_slice body = defenderauth_authenticator_request_body(auth);
    char url[2048], route[512];
    struct curl_slist *headers = NULL, *routes = NULL;
    long status = 0;

    snprintf(url, sizeof url, "https://%s%s", host, defenderauth_authenticator_request_target(auth).data);
    for (size_t i = 0; defenderauth_authenticator_request_header(auth, i).name.len > 0; i++) {
        defenderauth_header header = defenderauth_authenticator_request_header(auth, i);
        char line[DEFENDERAUTH_TEXT_CAPACITY];
        snprintf(line, sizeof line, "%s: %s", header.name.data, header.value.data);
        headers = curl_slist_append(headers, line);
        defenderauth_wipe(line, sizeof line);
    }
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, defenderauth_authenticator_request_method(auth).data);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (body.len > 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)body.data);
    }
    if (network->connect_to != NULL) {
        snprintf(route, sizeof route, "%s:443:%s", host, network->connect_to);
        routes = curl_slist_append(routes, route);
        curl_easy_setopt(curl, CURLOPT_CONNECT_TO, routes);
        curl_easy_setopt(curl, CURLOPT_CAINFO, network->ca_file);
    }
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    answer->len = 0;
    if (curl_easy_perform(curl) == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    curl_slist_free_all(routes);
    return status;
}

/* The headers of the response: Retry-After says when to retry, Date how wrong the clock is. */
static size_t received(CURL *curl, defenderauth_header *headers, size_t limit) {
    struct curl_header *header = NULL;
    size_t count = 0;
    while (count < limit && (header = curl_easy_nextheader(curl, CURLH_HEADER, 0, header)) != NULL) {
        headers[count].name.data = header->name;
        headers[count].name.len = strlen(header->name);
        headers[count].value.data = header->value;
        headers[count].value.len = strlen(header->value);
        count++;
    }
    return count;
}

/* Polls and performs actions until the authentication ends. */
static defenderauth_result finish(CURL *curl, defenderauth_authenticator *auth, const network *network,
                                  defenderauth_error **error) {
    static answer answer;
    defenderauth_header headers[64];
    defenderauth_result result = DEFENDERAUTH_OK;
    while (result == DEFENDERAUTH_OK) {
        uint64_t milliseconds = defenderauth_authenticator_wait_at_least_milliseconds(auth);
        struct timespec pause = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
        long status;
        switch (defenderauth_authenticator_poll(auth)) {
        case DEFENDERAUTH_ACTION_SEND:
            status = transfer(curl, auth, network, &answer);
            if (status == 0) {
                result = defenderauth_authenticator_handle_no_response(auth, (uint64_t)time(NULL), error);
            } else {
                size_t count = received(curl, headers, sizeof headers / sizeof *headers);
                result = defenderauth_authenticator_handle_response(auth, (uint64_t)time(NULL), (uint16_t)status,
                                                                    headers, count, answer.body, answer.len, error);
            }
            defenderauth_wipe(answer.body, answer.len);
            break;
        case DEFENDERAUTH_ACTION_WAIT:
            nanosleep(&pause, NULL);
            result = defenderauth_authenticator_handle_elapsed(auth, (uint64_t)time(NULL), error);
            break;
        default: /* DONE. A failure was returned by the call before, and no TPM is used. */
            return result;
        }
    }
    return result;
}

static defenderauth_result run(CURL *curl, char **argv, const network *network, defenderauth_error **error) {
    defenderauth_key *key = NULL;
    defenderauth_authenticator *auth = NULL;
    char text[256] = "", token[DEFENDERAUTH_TEXT_CAPACITY];
    FILE *file = fopen(argv[3], "rb");
    if (file != NULL) {
        setvbuf(file, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT(text), &key, error);
    defenderauth_wipe(text, sizeof text);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_device_key(
            DEFENDERAUTH_TEXT(argv[1]), DEFENDERAUTH_TEXT(argv[2]),
            DEFENDERAUTH_TEXT(DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY), key, NULL, (uint64_t)time(NULL), &auth, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = finish(curl, auth, network, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_sas_token(auth, (uint64_t)time(NULL), DEFENDERAUTH_DEFAULT_TOKEN_SECONDS,
                                                      token, sizeof token, NULL, error);
    }
    if (result == DEFENDERAUTH_OK) {
        puts(token);
        defenderauth_wipe(token, sizeof token);
    }
    defenderauth_authenticator_free(auth);
    defenderauth_key_free(key);
    return result;
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: device_mode HUB DEVICE KEYFILE [CAFILE HOST:PORT]\n");
        return 2;
    }
    network network = {argc == 6 ? argv[4] : NULL, argc == 6 ? argv[5] : NULL};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *curl = curl_easy_init();
    defenderauth_error *error = NULL;
    defenderauth_result result = run(curl, argv, &network, &error);
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "device_mode: %s: %s\n", defenderauth_error_field(error).data,
                defenderauth_error_message(error).data);
    }
    defenderauth_error_free(error);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return result == DEFENDERAUTH_OK ? 0 : 1;
}
