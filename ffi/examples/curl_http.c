/* The requests of an authenticator by libcurl. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include "curl_http.h"

#include <stdio.h>
#include <time.h>

static size_t take(char *data, size_t size, size_t count, void *user) {
    curl_http *to = (curl_http *)user;
    size_t len = size * count;
    if (len > sizeof to->body - to->len) {
        return 0; /* longer than any valid response: fail the transfer */
    }
    memcpy(to->body + to->len, data, len);
    to->len += len;
    return len;
}

/* The certificate and key of the device, in PEM, which libcurl copies. */
static defenderauth_result use_certificate(CURL *curl, const defenderauth_certificate *certificate,
                                           defenderauth_error **error) {
    char key[8192];
    size_t len = 0;
    defenderauth_result result = defenderauth_certificate_key_to_pem(certificate, key, sizeof key, &len, error);
    if (result == DEFENDERAUTH_OK) {
        defenderauth_str chain = defenderauth_certificate_chain_pem(certificate);
        struct curl_blob chain_blob = {(void *)chain.data, chain.len, CURL_BLOB_COPY};
        struct curl_blob key_blob = {key, len, CURL_BLOB_COPY};
        curl_easy_setopt(curl, CURLOPT_SSLCERTTYPE, "PEM");
        curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &chain_blob);
        curl_easy_setopt(curl, CURLOPT_SSLKEYTYPE, "PEM");
        curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &key_blob);
    }
    defenderauth_wipe(key, sizeof key);
    return result;
}

/* Where the request goes. */
static void set_url(curl_http *http) {
    const char *host = defenderauth_authenticator_request_host(http->auth).data;
    char url[2048], route[512];
    snprintf(url, sizeof url, "https://%s%s", host, defenderauth_authenticator_request_target(http->auth).data);
    curl_easy_setopt(http->curl, CURLOPT_URL, url);
    if (http->connect_to != NULL) {
        snprintf(route, sizeof route, "%s:443:%s", host, http->connect_to);
        http->routes = curl_slist_append(NULL, route);
        curl_easy_setopt(http->curl, CURLOPT_CONNECT_TO, http->routes);
        curl_easy_setopt(http->curl, CURLOPT_CAINFO, http->ca_file);
    }
}

defenderauth_result curl_http_begin(curl_http *http, defenderauth_error **error) {
    CURL *curl = http->curl;
    defenderauth_slice body = defenderauth_authenticator_request_body(http->auth);
    const defenderauth_certificate *certificate = defenderauth_authenticator_certificate(http->auth);
    http->len = 0;
    http->problem[0] = '\0';
    http->headers = http->routes = NULL;
    for (size_t i = 0; defenderauth_authenticator_request_header(http->auth, i).name.len > 0; i++) {
        defenderauth_header header = defenderauth_authenticator_request_header(http->auth, i);
        char line[DEFENDERAUTH_TEXT_CAPACITY];
        snprintf(line, sizeof line, "%s: %s", header.name.data, header.value.data);
        http->headers = curl_slist_append(http->headers, line);
        defenderauth_wipe(line, sizeof line);
    }
    curl_easy_reset(curl);
    set_url(http);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, defenderauth_authenticator_request_method(http->auth).data);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
    if (body.len > 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)body.data);
    }
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->problem);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    return certificate != NULL ? use_certificate(curl, certificate, error) : DEFENDERAUTH_OK;
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

defenderauth_result curl_http_end(curl_http *http, CURLcode code, defenderauth_error **error) {
    uint64_t now = (uint64_t)time(NULL);
    defenderauth_header headers[64];
    long status = 0;
    defenderauth_result result;
    if (code == CURLE_OK) {
        size_t count = received(http->curl, headers, sizeof headers / sizeof *headers);
        curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
        result = defenderauth_authenticator_handle_response(http->auth, now, (uint16_t)status, headers, count,
                                                            http->body, http->len, error);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
        result = DEFENDERAUTH_TLS;
    } else {
        result = defenderauth_authenticator_handle_no_response(http->auth, now, error);
    }
    defenderauth_wipe(http->body, http->len); /* it can hold keys */
    curl_slist_free_all(http->headers);
    curl_slist_free_all(http->routes);
    http->headers = http->routes = NULL;
    return result;
}

defenderauth_result curl_http_run(curl_http *http, defenderauth_error **error) {
    defenderauth_result result = DEFENDERAUTH_OK;
    while (result == DEFENDERAUTH_OK) {
        uint64_t milliseconds = defenderauth_authenticator_wait_at_least_milliseconds(http->auth);
        struct timespec pause = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
        switch (defenderauth_authenticator_poll(http->auth)) {
        case DEFENDERAUTH_ACTION_SEND:
            result = curl_http_begin(http, error);
            if (result == DEFENDERAUTH_OK) {
                result = curl_http_end(http, curl_easy_perform(http->curl), error);
            }
            break;
        case DEFENDERAUTH_ACTION_WAIT:
            nanosleep(&pause, NULL);
            result = defenderauth_authenticator_handle_elapsed(http->auth, (uint64_t)time(NULL), error);
            break;
        default: /* DONE. A failure was returned by the call before, and no TPM is used. */
            return result;
        }
    }
    return result;
}

const char *curl_http_why(const curl_http *http, const defenderauth_error *error) {
    defenderauth_str line = defenderauth_error_line(error);
    return line.len > 0 ? line.data : http->problem;
}
