//! Which identity each call carries, for each kind of credentials, directly and through a proxy: one table.

use super::google::Login;
use super::*;
use serde_json::json;
use std::fmt::Write as _;

/// One kind: how a user sets it up, and whose tokens the calls then carry.
struct Kind {
    name: &'static str,
    set_up: fn(&mut Child<'_>),
    /// By Data Fusion, BigQuery and CDAP.
    carries: [&'static str; 3],
    /// What the program says whose they are.
    says: &'static str,
}

const NOBODY: &str = "-";
const LOADER: &str = "loader@p.iam.gserviceaccount.com";

/// The address of a server that Google's own crate is to find: it does not go by the hosts of this test.
fn address(child: &Child<'_>, path: &str) -> String {
    if child.variables.contains_key("HTTPS_PROXY") {
        format!("https://sts.googleapis.com/{path}")
    } else {
        format!("https://localhost:{}/{path}", child.google.secure.port())
    }
}

fn by_file(child: &mut Child<'_>, content: &Value) {
    let path = child.google.write("credentials.json", &content.to_string());
    child.set("GOOGLE_APPLICATION_CREDENTIALS", path);
}

fn external(child: &Child<'_>, source: Value) -> Value {
    json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/github",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": address(child, "v1/token"),
        "credential_source": source,
    })
}

fn impersonating(account: &str) -> String {
    format!(
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
    )
}

const PRINCIPAL: &str =
    "projects/1/locations/global/workloadIdentityPools/pool/providers/github (federation by FILE)";

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn kinds() -> Vec<Kind> {
    let ann = "ann@example.com";
    vec![
        Kind {
            name: "key by variable",
            set_up: |child| by_file(child, &child.google.key(LOADER)),
            carries: [LOADER; 3],
            says: "loader@p.iam.gserviceaccount.com (key file FILE)",
        },
        Kind {
            name: "login in CLOUDSDK_CONFIG",
            set_up: |child| {
                let login = Google::login("r-ann").to_string();
                let file = child
                    .google
                    .write("sdk/application_default_credentials.json", &login);
                child.set("CLOUDSDK_CONFIG", file.parent().unwrap());
            },
            carries: [ann; 3],
            says: "ann@example.com (login in FILE)",
        },
        Kind {
            name: "login in HOME, quota project",
            set_up: |child| {
                let mut login = Google::login("r-ann");
                login["quota_project_id"] = "of-file".into();
                let name = "home/.config/gcloud/application_default_credentials.json";
                let file = child.google.write(name, &login.to_string());
                child.set("HOME", file.ancestors().nth(3).unwrap());
            },
            carries: [
                "ann@example.com, pays of-file",
                "ann@example.com, pays of-file",
                ann,
            ],
            says: "ann@example.com (login in FILE)",
        },
        Kind {
            name: "login by variable",
            set_up: |child| {
                by_file(child, &Google::login("r-nameless"));
                child.orders.quota_project = Some("of-setting".into());
            },
            carries: [
                "ann@example.com, pays of-setting",
                "ann@example.com, pays of-setting",
                ann,
            ],
            says: "ann@example.com (login in FILE)",
        },
        Kind {
            name: "federation, file",
            set_up: |child| {
                let token = child.google.write("oidc", "github");
                by_file(child, &external(child, json!({"file": token})));
            },
            carries: ["principal github"; 3],
            says: PRINCIPAL,
        },
        Kind {
            name: "federation, address",
            set_up: |child| {
                let url = address(child, "subject");
                by_file(child, &external(child, json!({"url": url})));
            },
            carries: ["principal from-an-address"; 3],
            says: PRINCIPAL,
        },
        Kind {
            name: "federation, executable",
            set_up: |child| {
                let answer = r#"{"version":1,"success":true,"token_type":"urn:ietf:params:oauth:token-type:jwt","id_token":"printed"}"#;
                let program = child.google.program("subject", &format!("echo '{answer}'"));
                child.set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
                child.set("PATH", "/usr/bin:/bin");
                by_file(
                    child,
                    &external(child, json!({"executable": {"command": program}})),
                );
            },
            carries: ["principal printed"; 3],
            says: PRINCIPAL,
        },
        Kind {
            name: "federation, AWS",
            set_up: |child| {
                let variables = [
                    ("AWS_REGION", "eu-west-1"),
                    ("AWS_ACCESS_KEY_ID", "a"),
                    ("AWS_SECRET_ACCESS_KEY", "s"),
                ];
                variables.iter().for_each(|(name, value)| child.set(name, value));
                let mut content = external(
                    child,
                    json!({
                        "environment_id": "aws1",
                        "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
                    }),
                );
                content["subject_token_type"] = "urn:ietf:params:aws:token-type:aws4_request".into();
                by_file(child, &content);
            },
            carries: ["principal aws"; 3],
            says: PRINCIPAL,
        },
        Kind {
            name: "federation, then impersonation",
            set_up: |child| {
                let token = child.google.write("oidc", "github");
                let mut content = external(child, json!({"file": token}));
                content["service_account_impersonation_url"] = impersonating(LOADER).into();
                by_file(child, &content);
            },
            carries: ["loader@p.iam.gserviceaccount.com by principal github"; 3],
            says: "loader@p.iam.gserviceaccount.com (impersonated by projects/1/locations/global/workloadIdentityPools/pool/providers/github (federation by FILE))",
        },
        Kind {
            name: "federation of a person",
            set_up: |child| {
                let content = json!({
                    "type": "external_account_authorized_user",
                    "audience": "//iam.googleapis.com/locations/global/workforcePools/pool/providers/okta",
                    "refresh_token": "bea",
                    "token_url": address(child, "v1/oauthtoken"),
                    "client_id": "c",
                    "client_secret": "hush-client",
                });
                by_file(child, &content);
            },
            carries: ["workforce bea"; 3],
            says: "locations/global/workforcePools/pool/providers/okta (federation by FILE)",
        },
        Kind {
            name: "impersonation by a login",
            set_up: |child| {
                let content = json!({
                    "type": "impersonated_service_account",
                    "service_account_impersonation_url": impersonating(LOADER),
                    "delegates": [],
                    "source_credentials": Google::login("r-ann"),
                });
                by_file(child, &content);
            },
            carries: ["loader@p.iam.gserviceaccount.com by ann@example.com"; 3],
            says: "loader@p.iam.gserviceaccount.com (impersonated by the account of the login in FILE)",
        },
        Kind {
            name: "impersonation by a key",
            set_up: |child| {
                let content = json!({
                    "type": "impersonated_service_account",
                    "service_account_impersonation_url": impersonating(LOADER),
                    "source_credentials": child.google.key("ci@p.iam.gserviceaccount.com"),
                });
                by_file(child, &content);
            },
            carries: ["loader@p.iam.gserviceaccount.com by ci@p.iam.gserviceaccount.com"; 3],
            says: "loader@p.iam.gserviceaccount.com (impersonated by ci@p.iam.gserviceaccount.com (key file FILE))",
        },
        Kind {
            name: "metadata server",
            set_up: |child| child.set("GCE_METADATA_HOST", child.google.metadata.to_string()),
            carries: ["vm@p.iam.gserviceaccount.com"; 3],
            says: "vm@p.iam.gserviceaccount.com (metadata server)",
        },
        Kind {
            name: "impersonation by setting",
            set_up: |child| {
                child.set("GCE_METADATA_HOST", child.google.metadata.to_string());
                child.orders.impersonate = Some(LOADER.into());
            },
            carries: ["loader@p.iam.gserviceaccount.com by vm@p.iam.gserviceaccount.com"; 3],
            says: "loader@p.iam.gserviceaccount.com (impersonated by the account of the metadata server)",
        },
        Kind {
            name: "gcloud",
            set_up: |child| {
                let token = child.google.token_of("gcloud@example.com");
                let program = child.google.program("bin/gcloud", &format!("echo {token}"));
                child.set("PATH", program.parent().unwrap());
            },
            carries: ["gcloud@example.com"; 3],
            says: "gcloud@example.com (gcloud)",
        },
        Kind {
            name: "command",
            set_up: |child| {
                let token = child.google.token_of("vault@example.com");
                child.orders.command = Some(format!("echo {token}"));
            },
            carries: ["vault@example.com"; 3],
            says: "vault@example.com (token command)",
        },
        Kind {
            name: "variable",
            set_up: |child| {
                let token = child.google.token_of("ci@example.com");
                child.set("CLOUDSDK_AUTH_ACCESS_TOKEN", token);
                child.orders.environment = true;
            },
            carries: ["ci@example.com"; 3],
            says: "ci@example.com (token in CLOUDSDK_AUTH_ACCESS_TOKEN)",
        },
        Kind {
            name: "a key, and CDAP's own token",
            set_up: |child| {
                by_file(child, &child.google.key(LOADER));
                child.orders.own_cdap = true;
                child.set("DOWNBEAT_CDAP_ACCESS_TOKEN", child.google.token_of("cdap's own"));
            },
            carries: [LOADER, LOADER, "cdap's own"],
            says: "loader@p.iam.gserviceaccount.com (key file FILE)",
        },
        Kind {
            name: "none",
            set_up: |child| {
                by_file(child, &child.google.key(LOADER));
                child.orders.nobody = true;
            },
            carries: [NOBODY; 3],
            says: "none",
        },
    ]
}

#[test]
fn each_call_carries_the_identity_that_was_set_up() {
    let mut table = format!(
        "{:<32} {:<8} {:<46} {:<46} {}\n",
        "credentials", "way", "Data Fusion", "BigQuery", "CDAP"
    );
    let mut wrong = Vec::new();
    for kind in kinds() {
        for way in ["direct", "proxy"] {
            let google = Google::new(None);
            google.logs_in("r-ann", &[Login::As("ann@example.com")]);
            google.logs_in("r-nameless", &[Login::Nameless("ann@example.com")]);
            let mut child = Child::new(&google, &[Step::CallAll]);
            if way == "proxy" {
                child.by_proxy();
            }
            (kind.set_up)(&mut child);
            let outcomes = child.run();
            let calls = google.calls();
            let carried: Vec<_> = calls
                .iter()
                .map(|call| {
                    let identity = call.identity.as_deref().unwrap_or(NOBODY);
                    let pays = call.quota_project.as_ref();
                    pays.map_or(identity.to_owned(), |project| {
                        format!("{identity}, pays {project}")
                    })
                })
                .collect();
            let _ = writeln!(
                table,
                "{:<32} {way:<8} {}",
                kind.name,
                carried
                    .iter()
                    .map(|who| format!("{who:<46}"))
                    .collect::<Vec<_>>()
                    .join(" ")
            );
            let said = outcomes.last().map(|outcome| outcome.identity.clone());
            let said = said.map(|said| without_file(&said, &child));
            let (tunnels, asked) = (google.tunnels(), google.asked());
            let is_by_proxy = |host: &str| tunnels.iter().any(|tunnel| tunnel == host);
            let hosts_are_right = calls
                .iter()
                .all(|call| is_by_proxy(&call.host) == (way == "proxy"))
                && asked.iter().all(|place| {
                    let host = place.split('/').next().unwrap();
                    // What is on this machine, or beside it, has no proxy.
                    let is_near = place.contains("computeMetadata") || host == "localhost";
                    is_by_proxy(host) == (way == "proxy" && !is_near)
                });
            if carried != kind.carries || said.as_deref() != Some(kind.says) || !hosts_are_right {
                wrong.push(format!(
                    "{} ({way}): {carried:?}, says {said:?}, tunnels {tunnels:?}, asked {asked:?}, {outcomes:#?}",
                    kind.name
                ));
            }
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n"));
}

/// The same with the file's path out of it.
fn without_file(text: &str, child: &Child<'_>) -> String {
    let folder = child.google.authority();
    let folder = folder.parent().unwrap().to_str().unwrap();
    let Some((before, rest)) = text.split_once(folder) else {
        return text.to_owned();
    };
    let end = rest.find(')').unwrap_or(rest.len());
    format!("{before}FILE{}", &rest[end..])
}
