//! Where a token may go.

use super::*;
use crate::client::auth::Authority as _;
use domain::failure::FailureKind;
use url::Url;

#[tokio::test]
async fn a_token_goes_to_its_own_hosts_only_and_never_in_clear_text() {
    let outside = || Outside::new(|name| name.contains("ACCESS_TOKEN").then(|| "hush".into()));
    let of = |tokens| {
        let wanted = Wanted {
            tokens,
            ..Wanted::default()
        };
        Credentials::new(wanted, &outside())
    };
    let own = of(Tokens::CdapEnvironment);
    for (address, google, cdap) in [
        (
            "https://x-dot-usw1.datafusion.googleusercontent.com/api",
            None,
            true,
        ),
        ("https://x.googleusercontent.com/api", Some(false), true),
        ("https://cdap.example/v3", Some(false), true),
        ("https://evilgoogleapis.com", Some(false), true),
        ("https://googleapis.com.evil.example", Some(false), true),
        ("http://127.0.0.1:1/v3", Some(true), true),
        ("http://cdap.example/v3", Some(true), false),
        ("http://x.googleapis.com/v1", Some(true), false),
    ] {
        let url = Url::parse(address).unwrap();
        let given = own.grant(Service::Cdap, &url).await.unwrap();
        assert_eq!(given.is_some(), cdap, "{address}");
        // A host of Google's would be asked for; of the others some get nothing, and some are refused by name.
        if let Some(goes_without) = google {
            let given = of(Tokens::Environment).grant(Service::Cdap, &url).await;
            match given {
                Ok(given) => assert!(goes_without && given.is_none(), "{address}"),
                Err(error) => {
                    assert!(
                        !goes_without && error.kind == FailureKind::Unauthorised,
                        "{address}"
                    );
                    assert!(error.hint().contains("cdap_token_command"), "{}", error.hint());
                }
            }
        }
    }
}

#[test]
fn services_with_the_same_choice_share_their_tokens() {
    let google = Wanted::default();
    let own = Wanted {
        tokens: Tokens::CdapEnvironment,
        ..Wanted::default()
    };
    let same = Credentials::new(google.clone(), &Outside::new(|_| None)).with(Service::BigQuery, google);
    assert_eq!(same.others(), []);
    let others = same.with(Service::Cdap, own).others();
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!(
        others[0].1.to_string(),
        "the account of the token in DOWNBEAT_CDAP_ACCESS_TOKEN"
    );
}
