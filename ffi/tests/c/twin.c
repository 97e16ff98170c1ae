/*
 * A twin: what arrives, by topic and by message, the effective values, and what is reported.
 */
#include "check.h"

static char buf[DEFENDERAUTH_TEXT_CAPACITY];
#define INTO buf, sizeof buf, NULL, error
#define OBJECT "ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration"
#define JSON(text) (const uint8_t *)(text), strlen(text)
#define VALUE(twin, name) defenderauth_twin_value(twin, DEFENDERAUTH_TEXT(name))
#define SECONDS(twin, name) defenderauth_twin_seconds(twin, DEFENDERAUTH_TEXT(name))

static defenderauth_twin *a_twin(int32_t agent) {
    defenderauth_twin *twin = NULL;
    DOES(defenderauth_twin_new(agent, &twin, error));
    return twin;
}

static void topics(void) {
    CHECK(strcmp(defenderauth_twin_subscription(0), "$iothub/twin/res/#") == 0);
    CHECK(strcmp(defenderauth_twin_subscription(1), "$iothub/twin/PATCH/properties/desired/#") == 0);
    CHECK(defenderauth_twin_subscription(2)[0] == '\0' && defenderauth_twin_subscription(SIZE_MAX)[0] == '\0');
    DOES(defenderauth_twin_get_topic(7, INTO));
    CHECK(strcmp(buf, "$iothub/twin/GET/?$rid=7") == 0);
    DOES(defenderauth_twin_report_topic(UINT32_MAX, INTO));
    CHECK(strcmp(buf, "$iothub/twin/PATCH/properties/reported/?$rid=4294967295") == 0);
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, defenderauth_twin_get_topic(7, buf, 24, NULL, error));
    CHECK(buf[0] == '\0');
    ASKS(defenderauth_twin_report_topic(7, NULL, 0, NULL, error));

    const char *answer = "$iothub/twin/res/204/?$rid=7&$version=5";
    CHECK(defenderauth_twin_topic_message(DEFENDERAUTH_TEXT(answer)) == DEFENDERAUTH_TWIN_MESSAGE_ANSWER);
    CHECK(defenderauth_twin_topic_request_number(DEFENDERAUTH_TEXT(answer)) == 7);
    CHECK(defenderauth_twin_topic_status(DEFENDERAUTH_TEXT(answer)) == 204);
    CHECK(defenderauth_twin_topic_version(DEFENDERAUTH_TEXT(answer)) == 5);
    const char *patch = "$iothub/twin/PATCH/properties/desired/?$version=9";
    CHECK(defenderauth_twin_topic_message(DEFENDERAUTH_TEXT(patch)) == DEFENDERAUTH_TWIN_MESSAGE_PATCH);
    CHECK(defenderauth_twin_topic_version(DEFENDERAUTH_TEXT(patch)) == 9);
    CHECK(defenderauth_twin_topic_status(DEFENDERAUTH_TEXT(patch)) == 0);

    static const char *const others[] = {"", "$iothub/methods/POST/a/?$rid=1", "$iothub/twin/res/200/",
                                         "$iothub/twin/res/99999/?$rid=1", "\xff", "$iothub/twin/res/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK(defenderauth_twin_topic_message(DEFENDERAUTH_TEXT(others[i])) == DEFENDERAUTH_TWIN_MESSAGE_NONE);
        CHECK(defenderauth_twin_topic_request_number(DEFENDERAUTH_TEXT(others[i])) == 0);
        CHECK(defenderauth_twin_topic_status(DEFENDERAUTH_TEXT(others[i])) == 0);
        CHECK(defenderauth_twin_topic_version(DEFENDERAUTH_TEXT(others[i])) == -1);
    }
    CHECK(defenderauth_twin_topic_message(NULL, 5) == DEFENDERAUTH_TWIN_MESSAGE_NONE);
    CHECK(defenderauth_twin_topic_message(answer, SIZE_MAX) == DEFENDERAUTH_TWIN_MESSAGE_NONE);
}

static void nothing(void) {
    FAILS(DEFENDERAUTH_NULL, defenderauth_twin_new(DEFENDERAUTH_TWIN_AGENT_C, NULL, error));
    MAKES_NONE(defenderauth_twin, DEFENDERAUTH_ARGUMENT, defenderauth_twin_new(0, out, error));
    MAKES_NONE(defenderauth_twin, DEFENDERAUTH_ARGUMENT, defenderauth_twin_new(-1, out, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_twin_set_object(NULL, DEFENDERAUTH_TEXT("mine"), error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_twin_handle_twin(NULL, JSON("{}"), error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_twin_handle_patch(NULL, JSON("{}"), error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_twin_handle_reported(NULL, error));
    CHECK(defenderauth_twin_version(NULL) == -1);
    CHECK(defenderauth_twin_property_count(NULL) == 0 && defenderauth_twin_rejected_count(NULL) == 0);
    CHECK(is(defenderauth_twin_property_name(NULL, 0), ""));
    CHECK(is(VALUE(NULL, "snapshotFrequency"), "") && SECONDS(NULL, "snapshotFrequency") == 0);
    CHECK(is(defenderauth_twin_rejected(NULL, 0), "") && is(defenderauth_twin_rejected_name(NULL, 0), ""));
    CHECK(is(defenderauth_twin_report(NULL), "") && is(defenderauth_twin_reported(NULL), ""));
    defenderauth_twin_free(NULL);
}

static void a_security_agent(void) {
    defenderauth_twin *twin = a_twin(DEFENDERAUTH_TWIN_AGENT_C);
    CHECK(is(VALUE(twin, "snapshotFrequency"), "PT13H") && SECONDS(twin, "snapshotFrequency") == 46800);
    CHECK(is(VALUE(twin, "maxMessageSizeInBytes"), "204800") && SECONDS(twin, "maxMessageSizeInBytes") == 0);
    CHECK(is(VALUE(twin, "aggregationEnabledProcessCreate"), "true"));
    CHECK(is(VALUE(twin, "eventPriorityLogin"), "High"));
    CHECK(is(VALUE(twin, "nothing"), "") && is(defenderauth_twin_value(twin, NULL, 3), ""));
    CHECK(defenderauth_twin_version(twin) == -1);
    CHECK(strstr(defenderauth_twin_report(twin).data, "PT13H") != NULL);
    size_t count = defenderauth_twin_property_count(twin);
    for (size_t i = 0; i < count; i++) {
        defenderauth_str name = defenderauth_twin_property_name(twin, i);
        CHECK(name.len > 0 && defenderauth_twin_value(twin, name.data, name.len).len > 0);
    }
    CHECK(count > 10 && is(defenderauth_twin_property_name(twin, count), ""));

    DOES(defenderauth_twin_handle_twin(
        twin,
        JSON("{\"desired\":{\"" OBJECT "\":{\"snapshotFrequency\":{\"value\":\"PT2H\"},\"eventPriorityLogin\":"
             "{\"value\":\"hunter2\"},\"hubResourceId\":{\"value\":\"a\\u0000b\"},\"new\":{\"a\":[1]}},"
             "\"$version\":4},\"reported\":{\"$version\":1}}"),
        error));
    CHECK(defenderauth_twin_version(twin) == 4);
    CHECK(is(VALUE(twin, "snapshotFrequency"), "PT2H") && SECONDS(twin, "snapshotFrequency") == 7200);
    CHECK(is(VALUE(twin, "eventPriorityLogin"), "High"));
    CHECK(is(VALUE(twin, "hubResourceId"), "\"a\\u0000b\""));
    CHECK(is(VALUE(twin, "new"), "{\"a\":[1]}"));
    CHECK(defenderauth_twin_rejected_count(twin) == 1);
    CHECK(is(defenderauth_twin_rejected_name(twin, 0), "eventPriorityLogin"));
    CHECK(strstr(defenderauth_twin_rejected(twin, 0).data, "`eventPriorityLogin` is not a priority") != NULL);
    CHECK(strstr(defenderauth_twin_rejected(twin, 0).data, "hunter2") == NULL);
    CHECK(is(defenderauth_twin_rejected(twin, 1), ""));

    /* Reported once; then only the difference. */
    CHECK(defenderauth_twin_report(twin).len > 0);
    DOES(defenderauth_twin_handle_reported(twin, error));
    CHECK(is(defenderauth_twin_report(twin), "") && defenderauth_twin_reported(twin).len > 100);
    DOES(defenderauth_twin_handle_patch(
        twin, JSON("{\"" OBJECT "\":{\"snapshotFrequency\":null,\"eventPriorityLogin\":null},\"$version\":5}"), error));
    CHECK(is(defenderauth_twin_report(twin), "{\"" OBJECT "\":{\"snapshotFrequency\":{\"value\":\"PT13H\"}}}"));
    CHECK(defenderauth_twin_version(twin) == 5 && defenderauth_twin_rejected_count(twin) == 0);
    CHECK(strstr(defenderauth_twin_reported(twin).data, "{\"a\":[1]}") != NULL);

    /* A message that is not a twin changes nothing. */
    static const char *const bad[] = {"", "{", "[]", "null", "{\"reported\":{}}", "{\"desired\":1}", "\xff", "{}{}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        FAILS(DEFENDERAUTH_PROTOCOL_MESSAGE, defenderauth_twin_handle_twin(twin, JSON(bad[i]), error));
    }
    FAILS(DEFENDERAUTH_PROTOCOL_MESSAGE, defenderauth_twin_handle_patch(twin, JSON("1"), error));
    static char large[200000];
    memset(large, ' ', sizeof large);
    FAILS(DEFENDERAUTH_PROTOCOL_LIMIT,
          defenderauth_twin_handle_patch(twin, (const uint8_t *)large, sizeof large, error));
    FAILS(DEFENDERAUTH_NULL, defenderauth_twin_handle_patch(twin, NULL, 1, error));
    CHECK(defenderauth_twin_version(twin) == 5 && is(VALUE(twin, "snapshotFrequency"), "PT13H"));

    /* The hub did not accept the report, so that its twin does not have it. */
    DOES(defenderauth_twin_handle_reported(twin, error));
    DOES(defenderauth_twin_handle_twin(twin, JSON("{\"desired\":{}}"), error));
    CHECK(strstr(defenderauth_twin_report(twin).data, "PT13H") != NULL && is(VALUE(twin, "new"), ""));
    defenderauth_twin_free(twin);
}

static void another_object(void) {
    defenderauth_twin *twin = a_twin(DEFENDERAUTH_TWIN_AGENT_CSHARP);
    FAILS(DEFENDERAUTH_ARGUMENT, defenderauth_twin_set_object(twin, NULL, 0, error));
    FAILS(DEFENDERAUTH_UTF8, defenderauth_twin_set_object(twin, DEFENDERAUTH_TEXT("\xff"), error));
    DOES(defenderauth_twin_set_object(twin, DEFENDERAUTH_TEXT("mine"), error));
    DOES(defenderauth_twin_handle_patch(twin, JSON("{\"mine\":{\"snapshotFrequency\":{\"value\":\"PT1S\"}}}"), error));
    CHECK(SECONDS(twin, "snapshotFrequency") == 1 && defenderauth_twin_version(twin) == -1);
    CHECK(strncmp(defenderauth_twin_report(twin).data, "{\"mine\":", 8) == 0);
    defenderauth_twin_free(twin);
}

static void a_micro_agent(void) {
    defenderauth_twin *twin = a_twin(DEFENDERAUTH_TWIN_AGENT_MICRO);
    FAILS(DEFENDERAUTH_NOT_APPLICABLE, defenderauth_twin_set_object(twin, DEFENDERAUTH_TEXT("mine"), error));
    CHECK(defenderauth_twin_property_count(twin) == 0);
    DOES(defenderauth_twin_handle_twin(twin,
                                       JSON("{\"desired\":{\"CollectorsCore_PriorityIntervals\":\"10,60\","
                                            "\"Baseline_Disabled\":true,\"Process_CacheSize\":256}}"),
                                       error));
    CHECK(is(VALUE(twin, "Baseline_Disabled"), "true") && is(VALUE(twin, "Process_CacheSize"), "256"));
    CHECK(is(VALUE(twin, "CollectorsCore_PriorityIntervals"), "") && defenderauth_twin_property_count(twin) == 2);
    CHECK(is(defenderauth_twin_rejected_name(twin, 0), "CollectorsCore_PriorityIntervals"));
    CHECK(strstr(defenderauth_twin_report(twin).data, "\"latest_state\":\"failed\"") != NULL);
    defenderauth_twin_free(twin);
}

int main(void) {
    topics();
    nothing();
    a_security_agent();
    another_object();
    a_micro_agent();
    return outcome();
}
