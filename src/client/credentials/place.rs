//! Which source of Google's tokens is taken: `GOOGLE_APPLICATION_CREDENTIALS`, the login of gcloud's folder, the metadata
//! server, gcloud. It makes no call.
//!
//! A file that is there is taken, whatever is in it: if it cannot be used, that is an error, and no other identity.

use super::outside::Outside;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Where `gcloud auth application-default login` leaves its file, in gcloud's folder.
const LOGIN: &str = "application_default_credentials.json";

/// A place where credentials are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In this file.
    File(PathBuf),
    /// In no file: the metadata server is asked, then gcloud.
    MetadataOrGcloud,
    /// The metadata server has answered.
    Metadata,
    /// gcloud has given a token.
    Gcloud,
}

/// The place for these variables and the files of this machine.
pub(super) fn find(outside: &Outside) -> Place {
    if let Some(file) = outside.variable("GOOGLE_APPLICATION_CREDENTIALS") {
        return Place::File(file.into());
    }
    let login = outside.gcloud_folder().map(|folder| folder.join(LOGIN));
    let is_there = |file: &PathBuf| {
        let found = std::fs::symlink_metadata(file);
        !found.is_err_and(|error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory))
    };
    login
        .filter(is_there)
        .map_or(Place::MetadataOrGcloud, Place::File)
}
