//! Keys, connection strings, tokens and signers: `a` to `h`.

use crate::{
    call::Call,
    held::Held,
    memory::{made, text, written},
};
use defenderauth::{
    DEFENDERAUTH_NULL, DEFENDERAUTH_OK,
    connection_string::*,
    key::{defenderauth_key_derive, defenderauth_key_from_base64, defenderauth_key_to_base64},
    sas::{defenderauth_sas_assemble, defenderauth_sas_string_to_sign, defenderauth_sas_token},
    signer::{defenderauth_signer_free, defenderauth_signer_new, defenderauth_signer_token},
};

impl Held {
    pub(crate) fn with_keys(&mut self, call: &Call<'_>) {
        let (first, second, third, time) = (call.text(0), call.text(1), call.text(2), call.number(2));
        match call.function {
            b'a' => {
                let key =
                    made(call.wants_error(), |out, error| defenderauth_key_from_base64(first.0, first.1, out, error));
                self.keys.extend(key);
                assert_eq!(defenderauth_key_from_base64(first.0, first.1, None, None), DEFENDERAUTH_NULL);
            }
            b'b' => {
                let group = call.pick(&self.keys);
                let key =
                    made(call.wants_error(), |out, error| defenderauth_key_derive(group, first.0, first.1, out, error));
                self.keys.extend(key);
            }
            b'c' => self.key_as_text(call),
            b'd' => {
                let string = made(call.wants_error(), |out, error| {
                    defenderauth_connection_string_parse(first.0, first.1, out, error)
                });
                self.strings.extend(string);
            }
            b'e' => {
                let key = call.pick(&self.keys);
                let (host, device, module) = (first, second, third);
                let string = made(call.wants_error(), |out, error| {
                    defenderauth_connection_string_new(
                        host.0, host.1, device.0, device.1, module.0, module.1, key, out, error,
                    )
                });
                self.strings.extend(string);
            }
            b'f' => self.string(call),
            b'g' => {
                let key = call.pick(&self.keys);
                let signer = made(call.wants_error(), |out, error| {
                    defenderauth_signer_new(key, first.0, first.1, second.0, second.1, out, error)
                });
                self.signers.extend(signer);
                if let Some(signer) = self.signers.last() {
                    let one = written(call.cap(), true, &|buf, cap, len, error| {
                        defenderauth_signer_token(Some(signer), time, buf.cast(), cap, len, error)
                    });
                    assert!(one.is_none_or(|token| token.starts_with(b"SharedAccessSignature sr=")));
                }
            }
            _ => self.token(call),
        }
    }

    /// A key that is written can be read back.
    fn key_as_text(&mut self, call: &Call<'_>) {
        let key = call.pick(&self.keys);
        let base64 = written(call.cap(), true, &|buf, cap, len, error| {
            defenderauth_key_to_base64(key, buf.cast(), cap, len, error)
        });
        assert_eq!(base64.is_some(), key.is_some());
        let Some(base64) = base64 else { return };
        let again =
            made(true, |out, error| defenderauth_key_from_base64(base64.as_ptr().cast(), base64.len(), out, error));
        let again = again.expect("what is written can be read");
        let other = written(0, true, &|buf, cap, len, error| {
            defenderauth_key_to_base64(Some(&again), buf.cast(), cap, len, error)
        });
        assert_eq!(other, Some(base64));
        self.keys.push(again);
    }

    /// A connection string that is written can be read back, with the same parts.
    fn string(&mut self, call: &Call<'_>) {
        let it = call.pick(&self.strings);
        let says = |it| {
            [
                defenderauth_connection_string_host_name(it),
                defenderauth_connection_string_gateway_host_name(it),
                defenderauth_connection_string_device_id(it),
                defenderauth_connection_string_module_id(it),
                defenderauth_connection_string_policy_name(it),
            ]
            .map(text)
        };
        let (has_key, is_x509) =
            (defenderauth_connection_string_has_key(it), defenderauth_connection_string_is_x509(it));
        assert!(!(has_key && is_x509));
        let said = says(it);
        assert_eq!(said[0].is_empty(), it.is_none(), "every connection string has a host");
        assert!(it.is_none() || said[2].is_empty() != said[4].is_empty(), "it is a device's or a service's");
        let key = made(call.wants_error(), |out, error| defenderauth_connection_string_key(it, out, error));
        assert_eq!(key.is_some(), has_key);
        let whole = written(call.cap(), true, &|buf, cap, len, error| {
            defenderauth_connection_string_to_text(it, buf.cast(), cap, len, error)
        });
        assert_eq!(whole.is_some(), it.is_some());
        if let Some(whole) = whole {
            let again = made(true, |out, error| {
                defenderauth_connection_string_parse(whole.as_ptr().cast(), whole.len(), out, error)
            });
            let again = again.expect("what is written can be read");
            assert_eq!(says(Some(&again)), said);
            self.strings.push(again);
        }
        self.keys.extend(key);
    }

    /// A token in one step and in two steps; a signer writes the same.
    fn token(&self, call: &Call<'_>) {
        let (resource, policy, expiry) = (call.text(0), call.text(1), call.number(2));
        let key = call.pick(&self.keys);
        let token = written(call.cap(), true, &|buf, cap, len, error| {
            defenderauth_sas_token(key, resource.0, resource.1, policy.0, policy.1, expiry, buf.cast(), cap, len, error)
        });
        let signer = made(true, |out, error| {
            defenderauth_signer_new(key, resource.0, resource.1, policy.0, policy.1, out, error)
        });
        if let Some(signer) = &signer {
            let other = written(call.cap(), true, &|buf, cap, len, error| {
                defenderauth_signer_token(Some(signer), expiry, buf.cast(), cap, len, error)
            });
            assert_eq!(other, token, "a signer writes the same");
        }
        let string = written(call.cap(), true, &|buf, cap, len, error| {
            defenderauth_sas_string_to_sign(resource.0, resource.1, expiry, buf.cast(), cap, len, error)
        });
        let signature = call.text(3);
        let assembled = written(call.cap(), true, &|buf, cap, len, error| {
            let (bytes, length) = (signature.0.cast(), signature.1);
            defenderauth_sas_assemble(
                resource.0,
                resource.1,
                policy.0,
                policy.1,
                expiry,
                bytes,
                length,
                buf.cast(),
                cap,
                len,
                error,
            )
        });
        assert!(string.is_some() || (token.is_none() && assembled.is_none()), "a token requires a string to sign");
        let whole = [7; 32];
        let code = defenderauth_sas_assemble(
            resource.0,
            resource.1,
            policy.0,
            policy.1,
            expiry,
            whole.as_ptr(),
            whole.len(),
            vec![0_u8; 8192].as_mut_ptr().cast(),
            8192,
            None,
            None,
        );
        assert!(code == DEFENDERAUTH_OK || token.is_none(), "a token does not depend on how it is signed");
        defenderauth_signer_free(signer);
    }
}
