//! Formats of other tools that are not read, each with the command that converts it.

use super::by_system::BySystem;

const DECODE_PKCS12: BySystem = BySystem::new("`base64 -d FILE > device.pfx`", "`certutil -decode FILE device.pfx`");

const DECODE_DER: BySystem = BySystem::new(
    "`base64 -d FILE | openssl x509 -inform der` for a certificate, `base64 -d FILE | openssl pkey -inform der` for a key",
    "`certutil -decode FILE FILE.der`, then `openssl x509 -inform der -in FILE.der` for a certificate, \
     `openssl pkey -inform der -in FILE.der` for a key",
);

const UNQUOTE: BySystem = BySystem::new(
    "`sed -e 's/^[^\"]*\"//' -e 's/\".*$//' -e 's/\\\\[rn]//g' FILE`",
    "`(Get-Content FILE) -replace '^[^\"]*\"' -replace '\".*$' -replace '\\\\[rn]'`",
);

/// A format in which other tools keep certificates and keys. Its text has the command that converts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignFormat {
    /// PKCS#7: a `.p7b` with certificates alone.
    #[error(
        "this is PKCS#7 (.p7b); convert it: `openssl pkcs7 -in FILE -print_certs -out chain.pem` (with `-inform der` \
         when it is binary)"
    )]
    Pkcs7,
    /// An OpenSSH private key.
    #[error(
        "this is an OpenSSH private key; convert it in place: `ssh-keygen -p -m PKCS8 -f FILE`, or create one with \
         `openssl genpkey`"
    )]
    OpenSsh,
    /// A private key of `PuTTY`.
    #[error(
        "this is a PuTTY private key; convert it: `puttygen FILE -O private-openssh -o FILE.key`, then \
         `ssh-keygen -p -m PKCS8 -f FILE.key`"
    )]
    Putty,
    /// A Java key store, JKS or JCEKS.
    #[error(
        "this is a Java key store; convert it: `keytool -importkeystore -srckeystore FILE -destkeystore device.pfx \
         -deststoretype PKCS12`"
    )]
    JavaKeyStore,
    /// The base64 of a PKCS#12 file, as a key vault exports it.
    #[error("this is the base64 of a PKCS#12 file; decode it: {}", DECODE_PKCS12)]
    Base64Pkcs12,
    /// The base64 of DER without the lines BEGIN and END.
    #[error("this is the base64 of DER without the lines BEGIN and END; convert it: {}", DECODE_DER)]
    Base64Der,
    /// PEM as string literals of a program, each line in quotation marks.
    #[error("this is PEM text in the quotation marks of a program; take them off: {}", UNQUOTE)]
    Quoted,
    /// A TPM's key in the TSS2 format.
    #[error(
        "this is a key that only its TPM can use (TSS2 PRIVATE KEY); open it with `private_key::Opener` \
         (features `private-key` and `tpm`), or give a key that is in its file"
    )]
    Tss2,
}
