/*
 * The authentication manager of the public C security agent, on libdefenderauth: the same eight functions with the same
 * arguments, so that the agent's other sources need no change.
 * What they are for: Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c
 */
#ifndef AUTHENTICATION_MANAGER_H
#define AUTHENTICATION_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

bool AuthenticationManager_Init(void);
void AuthenticationManager_Deinit(void);

/* The device's key, or its certificate with the private key behind it (PEM). Host name and device ID are empty when the
 * provisioning service is asked for them. */
bool AuthenticationManager_InitFromSharedAccessKey(const char *filePath, char *hostName, char *deviceId);
bool AuthenticationManager_InitFromCertificate(const char *filePath, char *hostName, char *deviceId);

bool AuthenticationManager_SetDPSDetails(const char *idScope, const char *registrationId);
/* False when nothing has changed since the last time as well. */
bool AuthenticationManager_GetHostNameFromDPS(void);

/* The connection string of the device's security module. The size is the buffer's, and then what is left of it. */
bool AuthenticationManager_GetConnectionString(char *connectionString, uint32_t *connectionStringSize);
bool AuthenticationManager_GenerateConnectionStringFromSharedAccessKey(char *sharedAccessKey, char *connectionString,
                                                                       uint32_t *connectionStringSize, char *hostName,
                                                                       char *deviceId);

/* Not the agent's: other roots to trust, and where every connection goes. For tests. */
bool AuthenticationManager_UseNetwork(const char *caFile, const char *connectTo);

#endif
