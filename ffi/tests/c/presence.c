/*
 * A login at a hub with the connection profile mqttV5, without a connection: each step and every kind of answer.
 */
#include "check.h"

#define DEVICE DEFENDERAUTH_TEXT("dev-01")
#define ANSWER DEFENDERAUTH_TEXT("ih/dev-01/dev/presence")
#define KIND DEFENDERAUTH_TEXT("birth-ack:1")

static defenderauth_presence *presence;
static uint8_t buf[8];

static defenderauth_presence *begin(const char *agent) {
    uint8_t entropy[16];
    memset(entropy, 7, sizeof entropy);
    defenderauth_presence *made = NULL, **out = &made;
    DOES(defenderauth_presence_new(DEVICE, DEFENDERAUTH_TEXT(agent), entropy, sizeof entropy, out, error));
    return made;
}

static void is_birth(bool session_present, bool push, const char *expected, size_t expected_len) {
    size_t len = 99;
    DOES(defenderauth_presence_birth(presence, session_present, push, buf, sizeof buf, &len, error));
    CHECK(len == expected_len && memcmp(buf, expected, len) == 0);
}

static void steps(void) {
    defenderauth_slice nonce = defenderauth_presence_correlation(presence);
    CHECK(nonce.len == 16 && nonce.data[6] == 0x47 && nonce.data[8] == 0x87);
    CHECK(is(defenderauth_presence_user_name(presence),
             "correlationId=07070707070747078707070707070707&clientVersion=contoso%2F1"));
    CHECK(is(defenderauth_presence_filter(presence), "ih/dev-01/dev/#"));
    CHECK(is(defenderauth_presence_birth_topic(presence), "ih/dev-01/srv/presence"));
    is_birth(false, false, "", 0);
    is_birth(false, true, "\x60\x01\x68\x01", 4);
    is_birth(true, false, "\x08\x01", 2);
    is_birth(true, true, "\x08\x01\x60\x01\x68\x01", 6);
    FAILS(DEFENDERAUTH_BUFFER_TOO_SMALL, defenderauth_presence_birth(presence, true, true, buf, 5, NULL, error));
}

static void answers(void) {
    const uint8_t *nonce = defenderauth_presence_correlation(presence).data;
    uint8_t other[16];
    memcpy(other, nonce, sizeof other);
    other[15] ^= 1;
    const uint8_t payload[] = {0x50, 0xac, 0x02, 0x58, 0x07};
    DOES(defenderauth_presence_received(presence, DEFENDERAUTH_TEXT("ih/dev-01/dev/twin"), KIND, nonce, 16, NULL, 0, error));
    DOES(defenderauth_presence_received(presence, ANSWER, DEFENDERAUTH_TEXT("other"), nonce, 16, NULL, 0, error));
    DOES(defenderauth_presence_received(presence, ANSWER, NULL, 0, nonce, 16, NULL, 0, error));
    DOES(defenderauth_presence_received(presence, ANSWER, KIND, other, 16, NULL, 0, error));
    DOES(defenderauth_presence_received(presence, ANSWER, KIND, NULL, 0, NULL, 0, error));
    CHECK(!defenderauth_presence_is_acknowledged(presence));
    FAILS(DEFENDERAUTH_PROTOCOL_MESSAGE,
          defenderauth_presence_received(presence, ANSWER, KIND, nonce, 16, payload, 4, error));
    CHECK(!defenderauth_presence_is_acknowledged(presence));
    DOES(defenderauth_presence_received(presence, ANSWER, KIND, nonce, 16, payload, sizeof payload, error));
    CHECK(defenderauth_presence_is_acknowledged(presence));
    CHECK(defenderauth_presence_desired_version(presence) == 300);
    CHECK(defenderauth_presence_reported_version(presence) == 7);
}

static void refusals(void) {
    uint8_t entropy[17] = {0};
    MAKES_NONE(defenderauth_presence, DEFENDERAUTH_ARGUMENT,
               defenderauth_presence_new(DEVICE, NULL, 0, entropy, 15, out, error));
    MAKES_NONE(defenderauth_presence, DEFENDERAUTH_ARGUMENT,
               defenderauth_presence_new(DEVICE, NULL, 0, entropy, 17, out, error));
    MAKES_NONE(defenderauth_presence, DEFENDERAUTH_IDENTIFIER,
               defenderauth_presence_new(DEFENDERAUTH_TEXT("a b"), NULL, 0, entropy, 16, out, error));
    CHECK(!defenderauth_presence_is_acknowledged(NULL));
    CHECK(defenderauth_presence_desired_version(NULL) == 0 && defenderauth_presence_reported_version(NULL) == 0);
    CHECK(is_nothing(defenderauth_presence_correlation(NULL)));
}

int main(void) {
    presence = begin("contoso/1");
    steps();
    answers();
    defenderauth_presence_free(presence);
    presence = begin("");
    CHECK(strstr(defenderauth_presence_user_name(presence).data, "clientVersion=defender-auth%2F") != NULL);
    defenderauth_presence_free(presence);
    refusals();
    return failures == 0 ? 0 : 1;
}
