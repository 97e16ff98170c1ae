/*
 * Registers many devices at once with one thread that never blocks: the authenticators say what to do (`poll`), libcurl
 * 7.84 or later does it on sockets that the program's own epoll watches, and what came of it is reported (`handle`). The
 * devices belong to an enrollment group, from whose key theirs are derived. The HTTP client is in curl_http.c.
 *
 * Build: cc epoll.c curl_http.c $(pkg-config --cflags --libs defenderauth libcurl) -o epoll
 * Run:   ./epoll SCOPE GROUPKEYFILE CAFILE HOST:PORT REGISTRATION_ID...
 *        CAFILE and HOST:PORT are for tests: other trust anchors, and the address to connect to instead of the
 *        provisioning service's. Both are empty otherwise.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "curl_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define NEVER UINT64_MAX

typedef struct device {
    const char *id;
    curl_http http;
    uint64_t due; /* when its wait ends, or NEVER */
} device;

static CURLM *multi;
static int epoll_fd;
static uint64_t curl_due = NEVER; /* when libcurl wants to be called */
static size_t unfinished, failed;

/* A clock that never jumps. */
static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* libcurl says which of its sockets to watch, for what. */
static int watch(CURL *curl, curl_socket_t fd, int what, void *user, void *socket_user) {
    struct epoll_event event;
    (void)curl, (void)user, (void)socket_user;
    memset(&event, 0, sizeof event);
    event.data.fd = fd;
    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    } else if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) {
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
    return 0;
}

static int set_timer(CURLM *curl, long span, void *user) {
    (void)curl, (void)user;
    curl_due = span < 0 ? NEVER : milliseconds() + (uint64_t)span;
    return 0;
}

static void finish(device *it, defenderauth_result result, const defenderauth_error *error) {
    if (result == DEFENDERAUTH_OK) {
        printf("%s: %s\n", it->id, defenderauth_authenticator_host_name(it->http.auth).data);
    } else {
        fprintf(stderr, "%s: %s\n", it->id, curl_http_why(&it->http, error));
        failed++;
    }
    unfinished--;
}

/* Begins what the device has to do next, after what was reported. */
static void step(device *it, defenderauth_result result, defenderauth_error *error) {
    uint64_t from = defenderauth_authenticator_wait_at_least_milliseconds(it->http.auth);
    uint64_t until = defenderauth_authenticator_wait_at_most_milliseconds(it->http.auth);
    int32_t action = defenderauth_authenticator_poll(it->http.auth);
    if (result == DEFENDERAUTH_OK && action == DEFENDERAUTH_ACTION_SEND) {
        result = curl_http_begin(&it->http, &error);
    }
    if (result != DEFENDERAUTH_OK || action == DEFENDERAUTH_ACTION_DONE) {
        finish(it, result, error);
    } else if (action == DEFENDERAUTH_ACTION_SEND) {
        curl_easy_setopt(it->http.curl, CURLOPT_PRIVATE, it);
        curl_multi_add_handle(multi, it->http.curl);
    } else { /* WAIT: at a random time, so that the service is not asked for all devices at once */
        it->due = milliseconds() + from + (uint64_t)rand() % (until - from + 1);
    }
    defenderauth_error_free(error);
}

/* Reports the transfers that have ended. */
static void report(void) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        char *user = NULL;
        CURLcode code = message->data.result;
        defenderauth_error *error = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
        device *it = (device *)(void *)user;
        curl_multi_remove_handle(multi, it->http.curl);
        defenderauth_result result = curl_http_end(&it->http, code, &error);
        step(it, result, error);
    }
}

/* Waits until a socket is ready or a time has come, and does what is then to do. */
static void turn(device *devices, size_t count) {
    struct epoll_event events[16];
    uint64_t now = milliseconds(), due = curl_due;
    int running;
    for (size_t i = 0; i < count; i++) {
        due = devices[i].due < due ? devices[i].due : due;
    }
    uint64_t span = due <= now ? 0 : due - now < 60000 ? due - now : 60000;
    int ready = epoll_wait(epoll_fd, events, 16, (int)span);
    for (int i = 0; i < ready; i++) {
        uint32_t is = events[i].events;
        int bits = (is & EPOLLIN ? CURL_CSELECT_IN : 0) | (is & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (is & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(multi, events[i].data.fd, bits, &running);
    }
    now = milliseconds();
    if (curl_due <= now) {
        curl_due = NEVER;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    report();
    for (size_t i = 0; i < count; i++) {
        if (devices[i].due <= now) {
            defenderauth_error *error = NULL;
            devices[i].due = NEVER;
            defenderauth_result result =
                defenderauth_authenticator_handle_elapsed(devices[i].http.auth, (uint64_t)time(NULL), &error);
            step(&devices[i], result, error);
        }
    }
}

/* A device by its key, which is derived from the group's. */
static defenderauth_result begin(device *it, const char *scope, const defenderauth_key *group,
                                 defenderauth_error **error) {
    defenderauth_key *key = NULL;
    defenderauth_profile *profile = NULL;
    defenderauth_result result = defenderauth_key_derive(group, DEFENDERAUTH_TEXT(it->id), &key, error);
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_profile_new(DEFENDERAUTH_TEXT(scope), DEFENDERAUTH_TEXT(it->id), &profile, error);
    }
    if (result == DEFENDERAUTH_OK) {
        result = defenderauth_authenticator_new_dps_key(profile, NULL, 0, key, NULL, (uint64_t)time(NULL),
                                                        &it->http.auth, error);
    }
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
    return result;
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

int main(int argc, char **argv) {
    size_t count = argc > 5 ? (size_t)argc - 5 : 0;
    device *devices = (device *)calloc(count + 1, sizeof *devices);
    defenderauth_error *error = NULL;
    defenderauth_key *group = NULL;
    if (count == 0 || devices == NULL) {
        fprintf(stderr, "usage: epoll SCOPE GROUPKEYFILE CAFILE HOST:PORT REGISTRATION_ID...\n");
        free(devices);
        return 2;
    }
    srand((unsigned)time(NULL));
    curl_global_init(CURL_GLOBAL_DEFAULT);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);

    defenderauth_result result = read_key(argv[2], &group, &error);
    for (size_t i = 0; result == DEFENDERAUTH_OK && i < count; i++) {
        device *it = &devices[i];
        it->id = argv[5 + i];
        it->due = NEVER;
        it->http.curl = curl_easy_init();
        it->http.ca_file = argv[3];
        it->http.connect_to = argv[4][0] != '\0' ? argv[4] : NULL;
        unfinished++;
        defenderauth_result begun = begin(it, argv[1], group, &error);
        step(it, begun, error);
    }
    while (unfinished > 0) {
        turn(devices, count);
    }
    if (result != DEFENDERAUTH_OK) {
        fprintf(stderr, "epoll: %s\n", defenderauth_error_line(error).data);
        defenderauth_error_free(error);
    }

    for (size_t i = 0; i < count; i++) {
        defenderauth_authenticator_free(devices[i].http.auth);
        curl_easy_cleanup(devices[i].http.curl);
    }
    defenderauth_key_free(group);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    close(epoll_fd);
    free(devices);
    return result == DEFENDERAUTH_OK && failed == 0 ? 0 : 1;
}
