//! Whose credentials will be used, as the settings, the variables and the files tell it before any call.

use super::environment::{CDAP, GOOGLE, Variable};
use super::file::CredentialFile;
use super::identity::{Identity, IdentitySource};
use super::outside::Outside;
use super::place::{self, Place};
use super::{Tokens, Wanted};
use std::path::Path;

/// The identity of this choice.
pub(super) fn identity(wanted: &Wanted, outside: &Outside) -> Identity {
    let in_variable = |names| Identity::in_variable(Variable::new(outside, names).name());
    let own = match &wanted.tokens {
        Tokens::Nowhere => return Identity::of(IdentitySource::None),
        Tokens::Google => match place::find(outside) {
            Place::File(file) => in_file(&file),
            _ => Identity::of(IdentitySource::MetadataOrGcloud),
        },
        Tokens::Command(_) | Tokens::CdapCommand(_) => Identity::of(IdentitySource::Command),
        Tokens::Environment => in_variable(GOOGLE),
        Tokens::CdapEnvironment => in_variable(CDAP),
    };
    match &wanted.impersonate {
        Some(account) => own.impersonating(account),
        None => own,
    }
}

fn in_file(file: &Path) -> Identity {
    let unusable = |_| {
        let mut identity = Identity::of(IdentitySource::Unusable);
        identity.locate(file);
        identity
    };
    CredentialFile::read(file).map_or_else(unusable, |read| read.identity())
}
