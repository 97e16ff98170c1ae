//! The tokens of a fleet: one expiry, many signers.

use super::signer::Signer;
use crate::base::{
    secret::{SecretBytes, on_wiped_stack_of},
    time::UnixTime,
};
use core::str;
use defender_auth_signer::{
    many::{LANES, STACK},
    prepared::{Prepared, write_token},
};

impl Signer {
    /// Makes the tokens of many signers that expire at `expiry` and hands them out in the order of the signers. The text
    /// is wiped afterwards.
    ///
    /// Eight tokens are computed at once, which takes two thirds of the time of eight calls of
    /// [`token_into`](Self::token_into): signers are taken from the iterator before the token of the first of them is
    /// handed out.
    ///
    /// ```
    /// use defender_auth::{SharedAccessKey, UnixTime, sas::{Resource, Signer}};
    ///
    /// let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")?;
    /// let signers = ["dev-1", "dev-2"].map(|id| {
    ///     let resource = Resource::from_plain(&format!("contoso.azure-devices.net/devices/{id}"));
    ///     resource.map(|resource| Signer::new(&key, &resource))
    /// });
    /// let signers = signers.into_iter().collect::<Result<Vec<_>, _>>()?;
    /// Signer::token_each(&signers, UnixTime::from_secs(1_700_003_600), |_, token| {
    ///     assert!(token.starts_with("SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev-"));
    /// });
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn token_each<'a>(
        signers: impl IntoIterator<Item = &'a Self>,
        expiry: UnixTime,
        mut each: impl FnMut(&'a Self, &str),
    ) {
        on_wiped_stack_of::<STACK, _>(|| {
            let mut signers = signers.into_iter().fuse();
            let mut buffer = SecretBytes::zeros(0);
            loop {
                let mut lanes = [None; LANES];
                lanes.fill_with(|| signers.next());
                let Some(first) = lanes.first().copied().flatten() else { return };
                let several = lanes.map(|lane| &*lane.unwrap_or(first).prepared);
                let macs = Prepared::macs(&several, expiry.as_secs());
                for (signer, mac) in lanes.iter().flatten().zip(macs) {
                    if buffer.expose().len() < signer.max_len() {
                        buffer = SecretBytes::zeros(signer.roomy_len());
                    }
                    let (head, policy) = (&signer.head, &signer.policy);
                    // The buffer is large enough, and a token is ASCII.
                    let length = write_token(&mac, head, policy, expiry.as_secs(), buffer.expose_mut());
                    let token = buffer.expose().get(..length.unwrap_or_default()).unwrap_or_default();
                    each(signer, str::from_utf8(token).unwrap_or_default());
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{key::SharedAccessKey, sas::Resource};
    use alloc::{format, string::String, vec::Vec};

    #[test]
    fn any_number_of_signers_gives_the_tokens_that_they_make_alone_in_their_order() {
        let signers: Vec<Signer> = (1..30)
            .map(|byte| {
                let key = SharedAccessKey::from_bytes(&[byte; 32]).unwrap();
                let mut resource =
                    Resource::from_plain(&format!("h/devices/{}", "d".repeat(usize::from(byte) * 5))).unwrap();
                if byte % 3 == 0 {
                    resource = resource.with_policy(&"registration".parse().unwrap());
                }
                Signer::new(&key, &resource)
            })
            .collect();
        for secs in [0, 1_700_003_600, u64::MAX] {
            let expiry = UnixTime::from_secs(secs);
            for count in 0..signers.len() {
                let signers = &signers[..count];
                let mut made: Vec<String> = Vec::new();
                Signer::token_each(signers, expiry, |_, token| made.push(token.into()));
                let alone: Vec<String> = signers.iter().map(|one| one.token(expiry).expose().into()).collect();
                assert_eq!(made, alone, "{count} signers");
            }
        }
    }
}
