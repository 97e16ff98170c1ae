/*
 * Every function with NULL for its inputs and for its outputs.
 */
#include "check.h"

#define ID DEFENDERAUTH_TEXT("dev-01")
#define HOST DEFENDERAUTH_TEXT(HUB)
#define AT DEFENDERAUTH_TEXT(RESOURCE)

static const uint8_t bytes[32];
static char buf[DEFENDERAUTH_TEXT_CAPACITY];
static uint8_t octets[DEFENDERAUTH_PUBLIC_CAPACITY];
#define INTO buf, sizeof buf, NULL, error
/* Both clocks. */
#define AT_BOTH NOW, 5000
#define OCTETS octets, sizeof octets, NULL, error

/* NULL for a required object. */
static void objects(void) {
    defenderauth_key *key = a_key();
    defenderauth_profile *profile = a_profile();
    defenderauth_options *options = some_options();
    const defenderauth_result none = DEFENDERAUTH_NULL;
    MAKES_NONE(defenderauth_key, none, defenderauth_connection_string_key(NULL, out, error));
    FAILS(none, defenderauth_connection_string_sas_token(NULL, NOW, INTO));
    FAILS(none, defenderauth_connection_string_to_text(NULL, INTO));
    MAKES_NONE(defenderauth_key, none, defenderauth_key_derive(NULL, ID, out, error));
    FAILS(none, defenderauth_key_to_base64(NULL, INTO));
    FAILS(none, defenderauth_sas_token(NULL, AT, NULL, 0, NOW, INTO));
    MAKES_NONE(defenderauth_signer, none, defenderauth_signer_new(NULL, AT, NULL, 0, out, error));
    FAILS(none, defenderauth_signer_token(NULL, NOW, INTO));
    FAILS(none, defenderauth_opener_set_passphrase(NULL, ID, error));
    FAILS(none, defenderauth_opener_set_tpm(NULL, ID, error));
    FAILS(none, defenderauth_opener_set_owner_password(NULL, bytes, 32, error));
    MAKES_NONE(defenderauth_private_key, none, defenderauth_private_key_open_with(NULL, ID, out, error));
    MAKES_NONE(defenderauth_agent_config, none, defenderauth_agent_config_load_with_opener(ID, NULL, out, error));
    FAILS(none, defenderauth_options_set_user_agent(NULL, ID, error));
    FAILS(none, defenderauth_options_set_gateway_host_name(NULL, HOST, error));
    FAILS(none, defenderauth_options_set_model_id(NULL, ID, error));
    FAILS(none, defenderauth_options_set_audience(NULL, DEFENDERAUTH_AUDIENCE_RAW, error));
    FAILS(none, defenderauth_options_set_token_seconds(NULL, 1, error));
    FAILS(none, defenderauth_options_set_attempt_seconds(NULL, 1, error));
    FAILS(none, defenderauth_options_set_module_certificate(options, NULL, error));
    FAILS(none, defenderauth_options_set_create_module(NULL, true, error));
    FAILS(none, defenderauth_options_set_hub_api_version(NULL, ID, error));
    FAILS(none, defenderauth_options_set_classic_hub_name(NULL, true, error));
    FAILS(none, defenderauth_profile_set_api_version(NULL, ID, error));
    FAILS(none, defenderauth_profile_set_endpoint(NULL, HOST, error));
    FAILS(none, defenderauth_profile_set_payload(NULL, DEFENDERAUTH_TEXT("1"), error));
    FAILS(none, defenderauth_presence_birth(NULL, false, false, OCTETS));
    FAILS(none, defenderauth_presence_received(NULL, ID, ID, bytes, 16, NULL, 0, error));
    FAILS(none, defenderauth_profile_set_lookup_only(NULL, true, error));
    FAILS(none, defenderauth_certificate_key_to_pem(NULL, INTO));
    FAILS(none, defenderauth_agent_config_set_lookup_only(NULL, true, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_module(NULL, NULL, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_device_key(HOST, ID, ID, NULL, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_device_certificate(HOST, ID, ID, NULL, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_dps_key(NULL, ID, key, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_dps_key(profile, ID, NULL, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_dps_certificate(profile, ID, NULL, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_dps_tpm(NULL, ID, bytes, 32, bytes, 32, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_from_agent_config(NULL, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_authenticator, none, defenderauth_authenticator_new_secondary(NULL, out, error));
    MAKES_NONE(defenderauth_authenticator, none, defenderauth_authenticator_new_with_certificate(NULL, NULL, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_with_secondary_key(NULL, NULL, out, error));
    FAILS(none, defenderauth_authenticator_handle_dps_message(NULL, NOW, ID, NULL, 0, error));
    FAILS(none, defenderauth_authenticator_dps_mqtt_topic(NULL, 1, INTO));
    FAILS(none, defenderauth_session_handle_dps_message(NULL, AT_BOTH, ID, NULL, 0, error));
    FAILS(none, defenderauth_certificate_verify(NULL, NULL, NOW, error));
    FAILS(none, defenderauth_key_from_bytes(NULL, 1, NULL, error));
    FAILS(none, defenderauth_key_sign(NULL, bytes, 32, OCTETS));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_with_connection_profile(NULL, ID, out, error));
    MAKES_NONE(defenderauth_authenticator, none,
               defenderauth_authenticator_new_module_token(HOST, ID, ID, NULL, NULL, NOW, out, error));
    CHECK(defenderauth_connection_string_finding_count(NULL) == 0);
    CHECK(is(defenderauth_connection_string_finding(NULL, 0), ""));
    CHECK(is(defenderauth_session_events_topic(NULL), ""));
    FAILS(none, defenderauth_enrollment_groups_add(NULL, ID, NULL, error));
    FAILS(none, defenderauth_enrollment_groups_new(NULL, error));
    FAILS(none, defenderauth_profile_set_issued_certificate(NULL, true, error));
    CHECK(defenderauth_enrollment_groups_find(NULL, NULL, NOW).len == 0);
    CHECK(!defenderauth_authenticator_requires_certificate(NULL));
    defenderauth_enrollment_groups_free(NULL);
    FAILS(none, defenderauth_authenticator_handle_response(NULL, NOW, 200, NULL, 0, NULL, 0, error));
    FAILS(none, defenderauth_authenticator_handle_no_response(NULL, NOW, error));
    FAILS(none, defenderauth_authenticator_handle_elapsed(NULL, NOW, error));
    FAILS(none, defenderauth_authenticator_handle_activated(NULL, NOW, error));
    FAILS(none, defenderauth_authenticator_handle_signature(NULL, NOW, bytes, 32, error));
    FAILS(none, defenderauth_authenticator_connection_string(NULL, INTO));
    FAILS(none, defenderauth_authenticator_sas_token(NULL, NOW, 1, INTO));
    FAILS(none, defenderauth_authenticator_sas_string_to_sign(NULL, NOW, INTO));
    FAILS(none, defenderauth_authenticator_sas_assemble(NULL, NOW, bytes, 32, INTO));
    MAKES_NONE(defenderauth_signer, none, defenderauth_authenticator_signer(NULL, out, error));
    FAILS(none, defenderauth_https_set_ca_file(NULL, ID, error));
    FAILS(none, defenderauth_https_set_ca_pem(NULL, ID, error));
    FAILS(none, defenderauth_https_set_azure_roots(NULL, error));
    FAILS(none, defenderauth_https_set_connect_to(NULL, DEFENDERAUTH_TEXT("[::1]:1"), error));
    FAILS(none, defenderauth_https_set_clock_offset_seconds(NULL, 1, error));
    FAILS(none, defenderauth_authenticator_run(NULL, NULL, NULL, 1, error));
    FAILS(none, defenderauth_authenticator_handle_not_reached(NULL, NOW, DEFENDERAUTH_OBSTACLE_ABSENT, error));
    FAILS(none, defenderauth_authenticator_handle_certificate(NULL, NOW, NULL, error));
    MAKES_NONE(defenderauth_authenticator, none, defenderauth_authenticator_new_daemon(NULL, NULL, NOW, out, error));
    MAKES_NONE(defenderauth_daemon, none, defenderauth_agent_config_daemon(NULL, out, error));
    FAILS(none, defenderauth_daemon_begin_signature(NULL, NOW, bytes, 32, error));
    FAILS(none, defenderauth_daemon_begin_trust_bundle(NULL, NOW, error));
    FAILS(none, defenderauth_daemon_handle_response(NULL, NOW, 200, NULL, 0, NULL, 0, error));
    FAILS(none, defenderauth_daemon_handle_no_response(NULL, NOW, error));
    FAILS(none, defenderauth_daemon_handle_not_reached(NULL, NOW, DEFENDERAUTH_OBSTACLE_DENIED, error));
    FAILS(none, defenderauth_daemon_handle_elapsed(NULL, NOW, error));
    FAILS(none, defenderauth_daemon_run(NULL, error));
    FAILS(none, defenderauth_daemon_sas_token(NULL, NULL, NOW, 1, INTO));
    FAILS(none, defenderauth_tpm_persist_keys(NULL, error));
    FAILS(none, defenderauth_tpm_set_endorsement_handle(NULL, 0x81010001, error));
    FAILS(none, defenderauth_tpm_set_storage_handle(NULL, 0x81000001, error));
    FAILS(none, defenderauth_tpm_set_owner_password(NULL, bytes, 32, error));
    FAILS(none, defenderauth_tpm_set_endorsement_password(NULL, bytes, 32, error));
    FAILS(none, defenderauth_tpm_set_identity_handle(NULL, 0x81000100, error));
    FAILS(none, defenderauth_tpm_endorsement_key(NULL, OCTETS));
    FAILS(none, defenderauth_tpm_storage_root_key(NULL, OCTETS));
    FAILS(none, defenderauth_tpm_registration_id(NULL, INTO));
    FAILS(none, defenderauth_tpm_activate(NULL, DEFENDERAUTH_KEY_USE_HUB, bytes, 32, error));
    FAILS(none, defenderauth_tpm_sign(NULL, DEFENDERAUTH_KEY_USE_HUB, bytes, 32, OCTETS));
    FAILS(none, defenderauth_tpm_sas_token(NULL, NULL, NOW, 1, INTO));
    defenderauth_options_free(options);
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
}

/* NULL for a required object of a session. */
static void sessions(void) {
    const defenderauth_result none = DEFENDERAUTH_NULL;
    defenderauth_session *session = a_session();
    FAILS(none, defenderauth_sources_add(NULL, ID, NULL, error));
    FAILS(none, defenderauth_sources_set_validity(NULL, 1, 2, error));
    FAILS(none, defenderauth_policy_set_seconds(NULL, DEFENDERAUTH_TIME_TOKEN, 60, error));
    FAILS(none, defenderauth_policy_set_renewal_percent(NULL, 80, 85, error));
    FAILS(none, defenderauth_policy_set_backoff(NULL, DEFENDERAUTH_LADDER_SLOW, 1, 1, 1, error));
    FAILS(none, defenderauth_policy_set_rate(NULL, DEFENDERAUTH_RATE_CONNECTS, 1, 1, error));
    FAILS(none, defenderauth_policy_set_limit(NULL, DEFENDERAUTH_LIMIT_PASSES, 1, error));
    FAILS(none, defenderauth_policy_set_floor(NULL, NOW, error));
    MAKES_NONE(defenderauth_session, none,
               defenderauth_session_new(NULL, NULL, NULL, NULL, 0, NULL, 0, NOW, 0, out, error));
    FAILS(none, defenderauth_session_password(NULL, INTO));
    FAILS(none, defenderauth_session_snapshot_secret(NULL, INTO));
    FAILS(none, defenderauth_session_handle_response(NULL, AT_BOTH, 200, NULL, 0, NULL, 0, error));
    FAILS(none, defenderauth_session_handle_no_response(NULL, AT_BOTH, error));
    FAILS(none, defenderauth_session_handle_not_reached(NULL, AT_BOTH, DEFENDERAUTH_OBSTACLE_ABSENT, error));
    FAILS(none, defenderauth_session_handle_certificate(session, AT_BOTH, NULL, error));
    FAILS(none, defenderauth_session_handle_activated(NULL, AT_BOTH, error));
    FAILS(none, defenderauth_session_handle_signature(NULL, AT_BOTH, bytes, 32, error));
    FAILS(none, defenderauth_session_handle_key_failed(NULL, AT_BOTH, error));
    FAILS(none, defenderauth_session_handle_connected(NULL, AT_BOTH, 0, error));
    FAILS(none, defenderauth_session_handle_rejected(NULL, AT_BOTH, DEFENDERAUTH_REJECTION_CONNACK, 5, 0, 0, error));
    FAILS(none, defenderauth_session_handle_tls_failed(NULL, AT_BOTH, DEFENDERAUTH_TLS_FAILURE_ALERT, 0, error));
    FAILS(none, defenderauth_session_handle_unreachable(NULL, AT_BOTH, error));
    FAILS(none, defenderauth_session_handle_disconnected(NULL, AT_BOTH, DEFENDERAUTH_LOSS_DROPPED, error));
    FAILS(none,
          defenderauth_session_handle_disconnected_by_server(NULL, AT_BOTH, DEFENDERAUTH_REJECTION_REASON, 135, error));
    FAILS(none, defenderauth_session_handle_elapsed(NULL, AT_BOTH, error));
    FAILS(none, defenderauth_session_handle_saved(NULL, AT_BOTH, true, error));
    FAILS(none, defenderauth_session_handle_clock_set(NULL, AT_BOTH, error));
    FAILS(none, defenderauth_session_handle_wake(NULL, AT_BOTH, error));
    FAILS(none, defenderauth_session_handle_rotated(session, AT_BOTH, NULL, error));
    FAILS(none, defenderauth_session_exchange(NULL, NULL, AT_BOTH, 1, error));
    FAILS(none, defenderauth_sources_new(NULL, error));
    FAILS(none, defenderauth_policy_new(NULL, error));
    defenderauth_session_free(session);

    CHECK(defenderauth_session_poll(NULL) == DEFENDERAUTH_SESSION_ACTION_NONE);
    CHECK(defenderauth_session_authenticator(NULL) == NULL && defenderauth_session_assigned(NULL) == NULL);
    CHECK(is_nothing(defenderauth_session_sign_input(NULL)) && defenderauth_session_key_use(NULL) == 0);
    CHECK(defenderauth_session_certificate(NULL) == NULL && defenderauth_session_deadline_milliseconds(NULL) == 0);
    CHECK(defenderauth_session_from_milliseconds(NULL) == 0 && defenderauth_session_until_milliseconds(NULL) == 0);
    CHECK(defenderauth_session_pick_milliseconds(NULL, 7) == 0 && defenderauth_session_due(NULL) == 0);
    CHECK(defenderauth_session_diagnosis(NULL) == 0 && defenderauth_session_phase(NULL) == 0);
    CHECK(defenderauth_session_dropped_diagnosis(NULL) == 0 && defenderauth_session_dropped_at(NULL) == 0);
    CHECK(defenderauth_session_last_diagnosis(NULL) == 0 && defenderauth_session_authenticator_diagnosis(NULL) == 0);
    CHECK(defenderauth_session_failures_in_a_row(NULL) == 0 && !defenderauth_session_is_unsaved(NULL));
    CHECK(defenderauth_session_certificate_ends(NULL) == 0);
    CHECK(defenderauth_session_count(NULL, DEFENDERAUTH_COUNT_CONNECTS) == 0);
    CHECK(defenderauth_session_clock_seconds(NULL, NOW, 0) == 0 && defenderauth_session_clock_state(NULL, NOW, 0) == 0);
}

/* NULL for a required object of a driver. */
static void drivers(void) {
    const defenderauth_result none = DEFENDERAUTH_NULL;
    defenderauth_driver *driver = NULL;
    DOES(defenderauth_driver_new(&driver, error));
    FAILS(none, defenderauth_driver_new(NULL, error));
    FAILS(none, defenderauth_driver_set_ca_file(NULL, ID, error));
    FAILS(none, defenderauth_driver_set_ca_pem(NULL, ID, error));
    FAILS(none, defenderauth_driver_set_azure_roots(NULL, error));
    FAILS(none, defenderauth_driver_set_addresses(NULL, HOST, ID, ID, error));
    FAILS(none, defenderauth_driver_set_folder(NULL, ID, error));
    FAILS(none, defenderauth_driver_set_keep_alive_seconds(NULL, 60, error));
    FAILS(none, defenderauth_driver_give_tpm(driver, NULL, error));
    FAILS(none, defenderauth_driver_start(NULL, NULL, NULL, error));
    FAILS(none, defenderauth_driver_start(driver, NULL, NULL, error));
    FAILS(none, defenderauth_driver_next(NULL, 1, error));
    FAILS(DEFENDERAUTH_STATE, defenderauth_driver_next(driver, 1, error));
    FAILS(none, defenderauth_driver_publish(NULL, ID, NULL, 0, DEFENDERAUTH_QOS_AT_MOST_ONCE, error));
    FAILS(none, defenderauth_driver_publish(driver, ID, NULL, 1, DEFENDERAUTH_QOS_AT_MOST_ONCE, error));
    FAILS(none, defenderauth_driver_subscribe(NULL, ID, DEFENDERAUTH_QOS_AT_LEAST_ONCE, error));
    FAILS(none, defenderauth_driver_unsubscribe(NULL, ID, error));
    MAKES_NONE(defenderauth_control, none, defenderauth_driver_control(NULL, out, error));
    MAKES_NONE(defenderauth_control, DEFENDERAUTH_STATE, defenderauth_driver_control(driver, out, error));
    FAILS(none, defenderauth_control_rotate(NULL, NULL, error));
    defenderauth_control_cancel(NULL);
    defenderauth_control_wake(NULL);
    defenderauth_control_clock_set(NULL);
    defenderauth_control_free(NULL);
    CHECK(defenderauth_driver_event(NULL) == DEFENDERAUTH_EVENT_NONE && defenderauth_driver_event_diagnosis(NULL) == 0);
    CHECK(defenderauth_driver_event_error(NULL) == NULL && defenderauth_driver_session(NULL) == NULL);
    CHECK(defenderauth_driver_session(driver) == NULL && !defenderauth_driver_is_connected(driver));
    CHECK(is_nothing(defenderauth_driver_message_payload(NULL)) && !defenderauth_driver_is_connected(NULL));
    defenderauth_driver_free(driver);
    defenderauth_driver_free(NULL);
}

/* NULL for the output. */
static void outs(void) {
    defenderauth_key *key = a_key();
    defenderauth_profile *profile = a_profile();
    defenderauth_connection_string *string = a_string(MODULE_STRING);
    defenderauth_certificate *certificate = a_certificate();
    defenderauth_authenticator *module = a_module();
    const defenderauth_result none = DEFENDERAUTH_NULL;
    FAILS(none, defenderauth_connection_string_parse(DEFENDERAUTH_TEXT(MODULE_STRING), NULL, error));
    FAILS(none, defenderauth_connection_string_new(HOST, ID, ID, key, NULL, error));
    FAILS(none, defenderauth_connection_string_key(string, NULL, error));
    FAILS(none, defenderauth_key_from_base64(DEFENDERAUTH_TEXT(KEY), NULL, error));
    FAILS(none, defenderauth_key_derive(key, ID, NULL, error));
    FAILS(none, defenderauth_signer_new(key, AT, NULL, 0, NULL, error));
    FAILS(none, defenderauth_options_new(NULL, error));
    FAILS(none, defenderauth_opener_new(NULL, error));
    FAILS(none, defenderauth_profile_new(ID, ID, NULL, error));
    FAILS(none, defenderauth_certificate_from_pem(ID, NULL, 0, NULL, error));
    FAILS(none, defenderauth_agent_config_load(ID, NULL, error));
    FAILS(none, defenderauth_authenticator_new_module(string, NULL, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_new_device_key(HOST, ID, ID, key, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_new_device_certificate(HOST, ID, ID, certificate, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_new_device_tpm(HOST, ID, ID, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_new_dps_key(profile, ID, key, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_new_dps_certificate(profile, ID, certificate, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_new_dps_tpm(profile, ID, bytes, 32, bytes, 32, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_from_agent_config(NULL, NULL, NOW, NULL, error));
    FAILS(none, defenderauth_authenticator_new_secondary(module, NULL, error));
    FAILS(none, defenderauth_authenticator_signer(module, NULL, error));
    FAILS(none, defenderauth_daemon_new_workload(NULL, 0, NULL, error));
    FAILS(none, defenderauth_daemon_new_identity_service(NULL, 0, NULL, error));
    FAILS(none, defenderauth_agent_config_find(ID, NULL, error));
    FAILS(none, defenderauth_https_new(NULL, error));
    FAILS(none, defenderauth_tpm_open(ID, NULL, error));
    CHECK(defenderauth_options_new(NULL, NULL) == none);
    defenderauth_authenticator_free(module);
    defenderauth_certificate_free(certificate);
    defenderauth_connection_string_free(string);
    defenderauth_profile_free(profile);
    defenderauth_key_free(key);
}

static void getters(void) {
    CHECK(defenderauth_error_result(NULL) == DEFENDERAUTH_OK);
    CHECK(defenderauth_error_http_status(NULL) == 0 && defenderauth_error_service_code(NULL) == 0);
    CHECK(defenderauth_error_tls_failure(NULL) == 0);
    CHECK(defenderauth_error_tpm_code(NULL) == 0 && !defenderauth_error_is_retryable(NULL));
    CHECK(defenderauth_error_retry_after_seconds(NULL) == -1);
    CHECK(!defenderauth_connection_string_is_x509(NULL) && !defenderauth_connection_string_has_key(NULL));
    CHECK(!defenderauth_certificate_has_key(NULL) && !defenderauth_certificate_is_self_signed(NULL));
    CHECK(defenderauth_certificate_not_before(NULL) == 0 && defenderauth_certificate_not_after(NULL) == 0);
    CHECK(defenderauth_certificate_findings(NULL, NOW, NULL, 0) == DEFENDERAUTH_FINDING_UNCHECKED);
    CHECK(defenderauth_agent_config_identity(NULL) == 0 && defenderauth_agent_config_finding_count(NULL) == 0);
    CHECK(is(defenderauth_agent_config_finding(NULL, 0), ""));
    CHECK(defenderauth_authenticator_poll(NULL) == DEFENDERAUTH_ACTION_FAILED);
    CHECK(defenderauth_error_result(defenderauth_authenticator_failure(NULL)) != DEFENDERAUTH_OK);
    CHECK(defenderauth_authenticator_certificate(NULL) == NULL);
    CHECK(defenderauth_authenticator_wait_at_least_milliseconds(NULL) == 0);
    CHECK(defenderauth_authenticator_wait_at_most_milliseconds(NULL) == 0);
    CHECK(defenderauth_authenticator_key_use(NULL) == 0);
    CHECK(defenderauth_authenticator_clock_offset_seconds(NULL) == 0);
    CHECK(defenderauth_authenticator_credential(NULL) == DEFENDERAUTH_CREDENTIAL_NONE);
    CHECK(!defenderauth_authenticator_same_outcome(NULL, NULL));
    CHECK(is_nothing(defenderauth_authenticator_request_body(NULL)));
    CHECK(is_nothing(defenderauth_authenticator_tpm_input(NULL)));
    CHECK(defenderauth_daemon_poll(NULL) == DEFENDERAUTH_ACTION_FAILED);
    CHECK(defenderauth_error_result(defenderauth_daemon_failure(NULL)) != DEFENDERAUTH_OK);
    CHECK(is_nothing(defenderauth_daemon_request_body(NULL)) && is_nothing(defenderauth_daemon_answer(NULL)));
    CHECK(defenderauth_daemon_wait_at_least_milliseconds(NULL) == 0);
    CHECK(defenderauth_daemon_wait_at_most_milliseconds(NULL) == 0);
    CHECK(is(defenderauth_authenticator_request_header(NULL, 0).name, ""));
    CHECK(is(defenderauth_authenticator_request_header(NULL, SIZE_MAX).value, ""));
}

static void views(void) {
    CHECK(is(defenderauth_error_message(NULL), "") && is(defenderauth_error_field(NULL), ""));
    CHECK(is(defenderauth_error_tracking_id(NULL), ""));
#define EMPTY(type, name) CHECK(is(defenderauth_##type##_##name(NULL), ""))
    EMPTY(connection_string, host_name);
    EMPTY(connection_string, gateway_host_name);
    EMPTY(connection_string, device_id);
    EMPTY(connection_string, module_id);
    EMPTY(connection_string, policy_name);
    EMPTY(certificate, common_name);
    EMPTY(certificate, thumbprint_sha1);
    EMPTY(certificate, thumbprint_sha256);
    EMPTY(certificate, chain_pem);
    EMPTY(agent_config, host_name);
    EMPTY(agent_config, device_id);
    EMPTY(agent_config, module_id);
    EMPTY(agent_config, id_scope);
    EMPTY(agent_config, registration_id);
    EMPTY(authenticator, state);
    EMPTY(authenticator, request_host);
    EMPTY(authenticator, request_address);
    EMPTY(authenticator, request_method);
    EMPTY(authenticator, request_target);
    EMPTY(authenticator, request_authorization);
    EMPTY(authenticator, host_name);
    EMPTY(authenticator, gateway_host_name);
    EMPTY(authenticator, device_id);
    EMPTY(authenticator, module_id);
    EMPTY(authenticator, audience);
    EMPTY(authenticator, mqtt_host_name);
    EMPTY(authenticator, mqtt_client_id);
    EMPTY(authenticator, mqtt_user_name);
    EMPTY(authenticator, connection_profile);
    EMPTY(authenticator, events_topic);
    EMPTY(authenticator, dps_mqtt_client_id);
    EMPTY(authenticator, dps_mqtt_user_name);
    EMPTY(authenticator, dps_mqtt_subscription);
    EMPTY(authenticator, dps_payload);
    EMPTY(authenticator, dps_substatus);
    EMPTY(authenticator, dps_last_updated);
    EMPTY(daemon, request_address);
    EMPTY(daemon, request_method);
    EMPTY(daemon, request_target);
    EMPTY(driver, event_text);
    EMPTY(driver, message_topic);
    EMPTY(session, mqtt_host_name);
    EMPTY(session, mqtt_client_id);
    EMPTY(session, mqtt_user_name);
    EMPTY(session, connection_profile);
    EMPTY(presence, user_name);
    EMPTY(presence, filter);
    EMPTY(presence, birth_topic);
    EMPTY(session, host_name);
    EMPTY(session, gateway_host_name);
    EMPTY(session, device_id);
    EMPTY(session, module_id);
    EMPTY(session, snapshot);
    EMPTY(session, status);
    EMPTY(session, credential);
    EMPTY(session, dropped_credential);
}

static void frees(void) {
    defenderauth_error_free(NULL);
    defenderauth_connection_string_free(NULL);
    defenderauth_key_free(NULL);
    defenderauth_presence_free(NULL);
    defenderauth_signer_free(NULL);
    defenderauth_options_free(NULL);
    defenderauth_profile_free(NULL);
    defenderauth_certificate_free(NULL);
    defenderauth_agent_config_free(NULL);
    defenderauth_opener_free(NULL);
    defenderauth_authenticator_free(NULL);
    defenderauth_https_free(NULL);
    defenderauth_tpm_free(NULL);
    defenderauth_daemon_free(NULL);
    defenderauth_sources_free(NULL);
    defenderauth_policy_free(NULL);
    defenderauth_session_free(NULL);
    defenderauth_https_cancel(NULL);
    defenderauth_wipe(NULL, 0);
    defenderauth_wipe(NULL, 9);
}

int main(void) {
    objects();
    sessions();
    drivers();
    outs();
    getters();
    views();
    frees();
    return outcome();
}
