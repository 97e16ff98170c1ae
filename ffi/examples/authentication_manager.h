/*
 * The authentication manager of the public C security agent, based on libdefenderauth: the same eight functions with
 * the same arguments, so that the agent's other sources remain unchanged.
 * The original: Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c
 */
#ifndef AUTHENTICATION_MANAGER_H
#define AUTHENTICATION_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

bool AuthenticationManager_Init(void);
void AuthenticationManager_Deinit(void);

/* A file whose first line is the device's key; or one with its certificate and private key: the certificate followed by
 * the key, both in PEM or both in DER, or PKCS#12 (.pfx) without a password. Host name and device ID are empty when the
 * provisioning service assigns them. */
bool AuthenticationManager_InitFromSharedAccessKey(const char *filePath, char *hostName, char *deviceId);
bool AuthenticationManager_InitFromCertificate(const char *filePath, char *hostName, char *deviceId);

bool AuthenticationManager_SetDPSDetails(const char *idScope, const char *registrationId);
/* Also returns false when nothing has changed since the last call. */
bool AuthenticationManager_GetHostNameFromDPS(void);

/* The connection string of the device's security module. On return the size is what is left of the buffer. */
bool AuthenticationManager_GetConnectionString(char *connectionString, uint32_t *connectionStringSize);
bool AuthenticationManager_GenerateConnectionStringFromSharedAccessKey(char *sharedAccessKey, char *connectionString,
                                                                       uint32_t *connectionStringSize, char *hostName,
                                                                       char *deviceId);

/* Not in the original: other trust anchors, and the address for every connection. For tests. */
bool AuthenticationManager_UseNetwork(const char *caFile, const char *connectTo);

#endif
