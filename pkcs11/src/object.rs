//! The private key that a URI names, and its public half.

use crate::{error::Error, module::Module, public_key::PublicKey, token::Token, uri::Uri};
use cryptoki::{
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};

/// What is wanted of a key: the attributes that its public half is made of.
const PUBLIC: [AttributeType; 4] =
    [AttributeType::EcParams, AttributeType::EcPoint, AttributeType::Modulus, AttributeType::PublicExponent];

/// A token, a session with it and what it is for.
pub(crate) struct Search<'a> {
    pub(crate) module: &'a Module,
    pub(crate) token: &'a Token,
    pub(crate) session: &'a Session,
    pub(crate) uri: &'a Uri,
    pub(crate) is_logged_in: bool,
}

impl Search<'_> {
    /// The one private key that is as the URI says.
    pub(crate) fn find(&self) -> Result<(ObjectHandle, PublicKey), Error> {
        let mut wanted = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
        wanted.extend(self.uri.object().map(|label| Attribute::Label(label.into())));
        wanted.extend(self.uri.id().map(|id| Attribute::Id(id.into())));
        let found = self.matching(&wanted)?;
        let (token, uri) = (self.token.name(), self.uri.to_string());
        let key = match *found {
            [key] => key,
            [] => return Err(Error::NoKey { token, uri, logged_in: self.is_logged_in }),
            [..] => return Err(Error::ManyKeys { count: found.len(), token, uri }),
        };
        let public = self.public_half(key)?;
        Ok((key, public))
    }

    fn matching(&self, wanted: &[Attribute]) -> Result<Vec<ObjectHandle>, Error> {
        self.session.find_objects(wanted).map_err(|error| self.module.failed(error))
    }

    fn attributes(&self, of: ObjectHandle, wanted: &[AttributeType]) -> Result<Vec<Attribute>, Error> {
        self.session.get_attributes(of, wanted).map_err(|error| self.module.failed(error))
    }

    fn public_half(&self, key: ObjectHandle) -> Result<PublicKey, Error> {
        use AttributeType as Type;
        let kind = [Type::KeyType, Type::Sign, Type::AlwaysAuthenticate, Type::Id, Type::Label];
        let (mut names, mut is_rsa) = (Vec::new(), false);
        for attribute in self.attributes(key, &kind)? {
            match attribute {
                Attribute::KeyType(KeyType::RSA) => is_rsa = true,
                Attribute::KeyType(KeyType::EC) => {}
                Attribute::KeyType(other) => return Err(Error::Unsupported { what: format!("of the kind {other}") }),
                Attribute::Sign(false) => return Err(Error::NotForSigning),
                Attribute::AlwaysAuthenticate(true) => return Err(Error::AlwaysAuthenticate),
                Attribute::Id(id) if !id.is_empty() => names.insert(0, Attribute::Id(id)),
                Attribute::Label(label) if !label.is_empty() => names.push(Attribute::Label(label)),
                _ => {}
            }
        }
        // Some tokens have it at the private key, the others at a public one with the same identifier or label.
        if let Some(public) = self.public_key(key, is_rsa)? {
            return Ok(public);
        }
        for name in names {
            let twins = self.matching(&[Attribute::Class(ObjectClass::PUBLIC_KEY), name])?;
            if let [twin] = *twins
                && let Some(public) = self.public_key(twin, is_rsa)?
            {
                return Ok(public);
            }
        }
        Err(Error::NoPublicKey { token: self.token.name() })
    }

    /// From the attributes of one object, when it has them.
    fn public_key(&self, of: ObjectHandle, is_rsa: bool) -> Result<Option<PublicKey>, Error> {
        let [mut curve, mut point, mut modulus, mut exponent] = [const { Vec::new() }; 4];
        for attribute in self.attributes(of, &PUBLIC)? {
            match attribute {
                Attribute::EcParams(value) => curve = value,
                Attribute::EcPoint(value) => point = value,
                Attribute::Modulus(value) => modulus = value,
                Attribute::PublicExponent(value) => exponent = value,
                _ => {}
            }
        }
        if is_rsa {
            let is_whole = !modulus.is_empty() && !exponent.is_empty();
            return is_whole.then(|| PublicKey::rsa(&modulus, &exponent)).transpose();
        }
        let is_whole = !curve.is_empty() && !point.is_empty();
        is_whole.then(|| PublicKey::ec(&curve, &point)).transpose()
    }
}
