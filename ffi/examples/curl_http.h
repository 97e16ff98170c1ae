/*
 * The requests of an authenticator by the program's own HTTP client, here libcurl 7.84 or later. It is a part of the
 * examples that use libcurl, with or without a thread that waits.
 */
#ifndef CURL_HTTP_H
#define CURL_HTTP_H

#include <curl/curl.h>
#include <defenderauth.h>

typedef struct curl_http {
    CURL *curl; /* a handle that nothing else uses; it keeps its connection for the next request */
    defenderauth_authenticator *auth;
    /* For tests: other trust anchors, and the address to connect to instead of the service's. Else NULL. */
    const char *ca_file, *connect_to;

    /* Of the request that is under way. */
    struct curl_slist *headers, *routes;
    char problem[CURL_ERROR_SIZE];
    size_t len;
    unsigned char body[DEFENDERAUTH_BODY_LIMIT];
} curl_http;

/* Prepares the transfer of the request that the authenticator wants sent (DEFENDERAUTH_ACTION_SEND). */
defenderauth_result curl_http_begin(curl_http *http, defenderauth_error **error);

/* Reports to the authenticator how the transfer ended. A server that is not trusted is DEFENDERAUTH_TLS, with libcurl's
 * own words in `problem`, and is not reported: the request is still to be sent. */
defenderauth_result curl_http_end(curl_http *http, CURLcode code, defenderauth_error **error);

/* Sends and waits until the authenticator has ended. */
defenderauth_result curl_http_run(curl_http *http, defenderauth_error **error);

/* Why it has failed: the library's line, or libcurl's. */
const char *curl_http_why(const curl_http *http, const defenderauth_error *error);

#endif
