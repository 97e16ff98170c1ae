"""Calls the library from Python, using only the declarations of the header: `smoke.py LIBRARY`.

Python's own HMAC computes the expected tokens.
"""

import base64
import ctypes
import hashlib
import hmac
import sys
import urllib.parse
from ctypes import POINTER, byref, c_char_p, c_int32, c_size_t, c_uint64, c_void_p

KEY = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw="
STRING = f"HostName=contoso.azure-devices.net;DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={KEY}"
RESOURCE = "contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity"
NOW = 1_700_000_000


class Str(ctypes.Structure):
    _fields_ = [("data", c_char_p), ("len", c_size_t)]


def function(name, result, *arguments):
    found = getattr(library, "defenderauth_" + name)
    found.restype, found.argtypes = result, arguments
    return found


def expected(expiry):
    resource = urllib.parse.quote(RESOURCE, safe="")
    mac = hmac.digest(base64.b64decode(KEY), f"{resource}\n{expiry}".encode(), hashlib.sha256)
    signature = urllib.parse.quote(base64.b64encode(mac), safe="")
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"


library = ctypes.CDLL(sys.argv[1])
place, error_place = POINTER(c_void_p), POINTER(c_void_p)
parse = function("connection_string_parse", c_int32, c_char_p, c_size_t, place, error_place)
new_module = function("authenticator_new_module", c_int32, c_void_p, c_void_p, c_void_p, c_uint64, place, error_place)
token_of = function(
    "authenticator_sas_token", c_int32, c_void_p, c_uint64, c_uint64, c_char_p, c_size_t, POINTER(c_size_t), error_place
)
device_id = function("authenticator_device_id", Str, c_void_p)
message = function("error_message", Str, c_void_p)
error_result = function("error_result", c_int32, c_void_p)
version = function("version", c_char_p)
frees = {name: function(name + "_free", None, c_void_p) for name in ("connection_string", "authenticator", "error")}

string, module, error = c_void_p(1), c_void_p(1), c_void_p(1)
assert parse(STRING.encode(), len(STRING), byref(string), byref(error)) == 0 and error.value is None
assert new_module(string, None, None, NOW, byref(module), byref(error)) == 0 and error.value is None
frees["connection_string"](string)
assert device_id(module).data == b"dev-01"

buffer, length = ctypes.create_string_buffer(4096), c_size_t(7)
assert token_of(module, NOW, 3600, buffer, len(buffer), byref(length), byref(error)) == 0
assert buffer.value.decode() == expected(NOW + 3600), buffer.value
assert length.value == len(buffer.value)
frees["authenticator"](module)

assert parse(b"HostName", 8, byref(string), byref(error)) == 201 and string.value is None
assert error_result(error) == 201 and len(message(error).data) == message(error).len > 0
frees["error"](error)
print(version().decode())
