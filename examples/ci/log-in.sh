#!/bin/sh
# Logs in as dev-01 and sends one message. The token is valid until 2033; it is signed with the public key of emulator.toml.
set -eu
token='SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev-01&sig=SQ%2B3PQ1hDKWpsOj1l%2Bd2a818BifvhyN0YqcM%2FUhP%2FTY%3D&se=2000000000'
exec mosquitto_pub -h "${HUB:-contoso.azure-devices.net}" -p "${PORT:-8883}" --cafile "${CA:-/ca/ca.pem}" -V mqttv311 -q 1 \
    -i dev-01 -u 'contoso.azure-devices.net/dev-01/?api-version=2021-04-12' -P "$token" \
    -t devices/dev-01/messages/events/ -m '{"hello":1}'
