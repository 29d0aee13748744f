//! Whether, and where, it is asked for a newer version of this program.

use super::webhook::encrypted;
use url::Url;

/// The host whose releases are known.
const FORGE: &str = "github.com";

/// What `update_check` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UpdateCheck {
    /// At the place that the program itself names.
    #[default]
    On,
    /// Never.
    Off,
    /// At this address, which answers as GitHub does: a JSON object with `tag_name` and `html_url`.
    At(Url),
}

impl UpdateCheck {
    /// The address to ask, for a program of this repository; none if nobody is to be asked.
    pub fn address(&self, repository: &str) -> Option<Url> {
        match self {
            Self::On => latest(repository),
            Self::Off => None,
            Self::At(address) => Some(address.clone()),
        }
    }
}

/// Where GitHub tells the newest release of one of its repositories.
fn latest(repository: &str) -> Option<Url> {
    let page = Url::parse(repository).ok()?;
    let is_known = page.scheme() == "https" && page.host_str() == Some(FORGE);
    let mut names = page.path_segments()?.filter(|name| !name.is_empty());
    let (owner, name) = (names.next()?, names.next()?);
    let name = name.trim_end_matches(".git");
    let address = format!("https://api.{FORGE}/repos/{owner}/{name}/releases/latest");
    Url::parse(&address).ok().filter(|_| is_known)
}

impl std::str::FromStr for UpdateCheck {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "true" => Ok(Self::On),
            "false" => Ok(Self::Off),
            address if address.contains("://") => encrypted(address).and_then(|url| {
                if url.username().is_empty() && url.password().is_none() {
                    Ok(Self::At(url))
                } else {
                    Err(
                        "The address must hold no user and no password: it is asked without credentials."
                            .into(),
                    )
                }
            }),
            _ => Err(format!("'{text}' is not true, false or an address.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_without_known_releases_is_asked_nothing() {
        let address = "https://api.github.com/repos/acme/downbeat/releases/latest";
        for (repository, expected) in [
            ("https://github.com/acme/downbeat", Some(address)),
            ("https://github.com/acme/downbeat.git", Some(address)),
            ("https://github.com/acme/downbeat/", Some(address)),
            ("https://github.com/acme", None),
            ("https://git.example/acme/downbeat", None),
            ("", None),
        ] {
            let found = UpdateCheck::On.address(repository);
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{repository}");
            assert_eq!(UpdateCheck::Off.address(repository), None);
        }
    }

    #[test]
    fn it_is_a_choice_or_an_encrypted_address() {
        let mirror = "https://mirror.example/downbeat/latest.json";
        assert_eq!(
            mirror
                .parse::<UpdateCheck>()
                .unwrap()
                .address("")
                .map(String::from)
                .as_deref(),
            Some(mirror)
        );
        for (text, is_good) in [
            ("true", true),
            ("false", true),
            ("http://127.0.0.1:8080/latest", true),
            ("http://mirror.example/latest", false),
            ("https://somebody:hunter2@mirror.example/latest", false),
            ("off", false),
            ("mirror.example", false),
        ] {
            let taken = text.parse::<UpdateCheck>();
            assert_eq!(taken.is_ok(), is_good, "{text}");
            let fault = taken.err().unwrap_or_default();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
