//! Opens one of Google's sources: a file, else the metadata server, else gcloud. Which it was stays so: after trouble the
//! same one is opened again, never another.

use super::file::CredentialFile;
use super::gcloud::Gcloud;
use super::identity::{Identity, IdentitySource};
use super::metadata::{ASKING, Metadata};
use super::outside::Outside;
use super::place::Place;
use super::source::{Fetched, TokenSource};
use super::trouble::{failed, refused};
use super::way::Way;
use crate::client::error::ClientError;

/// A source that is ready.
pub(super) struct Opened {
    pub(super) source: Box<dyn TokenSource>,
    /// Whose tokens it gives, as far as that is known before the first.
    pub(super) identity: Identity,
    /// The project that its file says to charge.
    pub(super) quota_project: Option<String>,
    /// A token that was fetched to see whether the source works.
    pub(super) first: Option<Fetched>,
}

impl Opened {
    pub(super) fn new(source: Box<dyn TokenSource>, identity: Identity) -> Self {
        Self {
            source,
            identity,
            quota_project: None,
            first: None,
        }
    }
}

/// Opens a place, and says which one it is for good.
pub(super) async fn open(
    place: &Place,
    outside: &Outside,
    way: &Way,
) -> Result<(Opened, Place), ClientError> {
    match place {
        Place::File(path) => {
            let file = CredentialFile::read(path)?;
            let mut opened = Opened::new(file.open()?, file.identity());
            opened.quota_project = file.quota_project();
            Ok((opened, place.clone()))
        }
        Place::Metadata => Ok((metadata(outside)?, Place::Metadata)),
        Place::Gcloud => Ok((gcloud(None), Place::Gcloud)),
        Place::MetadataOrGcloud => {
            let no_metadata = match probe(outside, way).await {
                Ok(opened) => return Ok((opened, Place::Metadata)),
                Err(error) => error,
            };
            match Gcloud.fetch(way).await {
                Ok(first) => Ok((gcloud(Some(first)), Place::Gcloud)),
                Err(error) => Err(nobody(outside, &no_metadata, &error)),
            }
        }
    }
}

fn metadata(outside: &Outside) -> Result<Opened, ClientError> {
    let source = Box::new(Metadata::new(outside)?);
    Ok(Opened::new(source, Identity::of(IdentitySource::Metadata)))
}

fn gcloud(first: Option<Fetched>) -> Opened {
    let mut opened = Opened::new(Box::new(Gcloud), Identity::of(IdentitySource::Gcloud));
    opened.first = first;
    opened
}

async fn probe(outside: &Outside, way: &Way) -> Result<Opened, ClientError> {
    if outside
        .text("NO_GCE_CHECK")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    {
        return Err(refused(ASKING, "NO_GCE_CHECK is set"));
    }
    Metadata::new(outside)?.probe(way).await?;
    metadata(outside)
}

/// All that was tried, and why it is not there.
fn nobody(outside: &Outside, metadata: &ClientError, gcloud: &ClientError) -> ClientError {
    let folder = outside.gcloud_folder();
    let folder = folder.map_or_else(String::new, |folder| format!(" in {}", folder.display()));
    let why = format!(
        "no identity was found (GOOGLE_APPLICATION_CREDENTIALS is not set; there is no login{folder}; metadata \
         server: {}; {})",
        metadata.text(),
        gcloud.text()
    );
    failed(gcloud.kind, "finding an identity", &why).with_hint(
        "Run 'gcloud auth application-default login', or point GOOGLE_APPLICATION_CREDENTIALS at a file of \
         credentials. docs/credentials.md has all ways.",
    )
}
