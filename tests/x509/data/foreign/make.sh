#!/bin/sh
# Creates these files, with OpenSSL 3.0, GnuTLS 3.7 (certtool), NSS 3.87 (pk12util), a JDK 17 (keytool) and OpenSSH 9.
# All keys are for these tests only; the password is `orchid`.
set -eu
ec='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 5000'
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# GnuTLS writes a scalar as it writes numbers: with a zero before it when its first bit is set.
for form in sec1 pkcs8; do
    while :; do
        certtool --generate-privkey --key-type ecdsa --curve secp256r1 $([ $form = pkcs8 ] && echo --pkcs8 --empty-password --pkcs-cipher none) \
            --no-text --outfile gnutls.$form.pem 2> /dev/null
        openssl pkey -in gnutls.$form.pem -outform der | openssl ec -inform der -no_public -outform der 2> /dev/null > "$scratch/ec"
        # 04 20, and a first byte above 7f.
        case $(od -An -tx1 -j5 -N3 "$scratch/ec" | tr -d ' ') in 0420[89abcdef]*) break ;; esac
    done
done
openssl ecparam -name prime256v1 -genkey -noout | openssl ec -no_public -out no-public.sec1.pem 2> /dev/null
openssl pkcs8 -topk8 -nocrypt -in no-public.sec1.pem -out no-public.pkcs8.pem
openssl ecparam -name secp384r1 -genkey -noout | openssl ec -no_public -out no-public.p384.pem 2> /dev/null
openssl ecparam -name prime256v1 -genkey -noout | openssl ec -conv_form compressed -out compressed.sec1.pem 2> /dev/null

# What ring cannot use.
openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_pubexp:3 -out rsa-exponent-3.pem 2> /dev/null
openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2056 -out rsa2056.pem 2> /dev/null
openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_primes:3 -pkeyopt rsa_keygen_bits:2048 -out rsa-three-primes.pem 2> /dev/null
openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout -out explicit.sec1.pem
openssl pkcs8 -topk8 -nocrypt -in explicit.sec1.pem -out explicit.pkcs8.pem

# PKCS#12 in BER, and one with a password and PKCS#12's own derivation.
openssl req -x509 $ec -subj /CN=dev-01 -keyout nss.key.pem -out nss.pem 2> /dev/null
openssl pkcs12 -export -in nss.pem -inkey nss.key.pem -name dev -out "$scratch/in.pfx" -passout pass:orchid
certutil -N -d "$scratch" --empty-password
pk12util -i "$scratch/in.pfx" -d "$scratch" -W orchid > /dev/null
pk12util -o nss.pfx -n dev -d "$scratch" -W orchid > /dev/null
openssl pkcs12 -export -legacy -in nss.pem -inkey nss.key.pem -out legacy-password.pfx -passout pass:orchid

# Names: T61String (an underscore is no PrintableString), BMPString, and a name that is no text.
printf '[req]\ndistinguished_name = n\nstring_mask = nombstr\nprompt = no\n[n]\nCN = dev_01\n' > "$scratch/t61"
openssl req -x509 $ec -config "$scratch/t61" -addext basicConstraints=CA:FALSE -keyout /dev/null -out t61.pem 2> /dev/null
printf '[req]\ndistinguished_name = n\nstring_mask = pkix\nprompt = no\n[n]\nCN = dev_02\n' > "$scratch/bmp"
openssl req -x509 $ec -utf8 -config "$scratch/bmp" -addext basicConstraints=CA:FALSE -keyout /dev/null -out bmp.pem 2> /dev/null

# Certificates that TLS here cannot use: version 1, and an unknown critical extension.
openssl req -new $ec -subj /CN=dev-01 -keyout v1.key.pem -out "$scratch/csr" 2> /dev/null
openssl x509 -req -in "$scratch/csr" -signkey v1.key.pem -days 5000 -out v1.pem 2> /dev/null
openssl req -x509 $ec -subj /CN=dev-01 -addext 1.3.6.1.4.1.55555.1=critical,DER:0500 -keyout critical.key.pem -out critical.pem 2> /dev/null

# A signature that cannot be checked here: P-256 with SHA-512.
openssl req -x509 $ec -subj /CN=root -keyout "$scratch/key" -out sha512.root.pem 2> /dev/null
printf 'basicConstraints = CA:FALSE\n' > "$scratch/ext"
openssl x509 -req -sha512 -in "$scratch/csr" -CA sha512.root.pem -CAkey "$scratch/key" -CAcreateserial \
    -extfile "$scratch/ext" -days 5000 -out sha512.leaf.pem 2> /dev/null

# RSA-PSS with SHA-1, the default of its parameters, and with MD5.
openssl req -x509 -newkey rsa:2048 -nodes -days 5000 -sha1 -sigopt rsa_padding_mode:pss -subj /CN=dev-01 -keyout /dev/null \
    -out pss-sha1.pem 2> /dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 5000 -sha256 -sigopt rsa_padding_mode:pss -subj /CN=dev-01 -keyout /dev/null \
    -out pss-sha256.pem 2> /dev/null

# Formats of other tools.
openssl crl2pkcs7 -nocrl -certfile nss.pem -out chain.p7b
openssl crl2pkcs7 -nocrl -certfile nss.pem -outform der -out chain.der.p7b
ssh-keygen -q -t ecdsa -N '' -C '' -f "$scratch/ssh" && mv "$scratch/ssh" openssh.pem
rm -f keys.jks
keytool -genkeypair -storetype JKS -keystore keys.jks -storepass orchid -keypass orchid -alias dev -keyalg EC \
    -groupname secp256r1 -dname CN=dev-01 2> /dev/null
rm -f ./*.srl
