//! The calls that show apps: lists (paged or not), details, versions.

use super::answer::{Answer, Outcome};
use super::app::{AppDetail, AppVersion};
use super::call::Call;
use super::json::{Ordered, gson};
use super::state::CdapState;
use serde::Serialize;
use std::cmp::Ordering;

/// The content type of lists on a real server (measured).
const STREAM: &str = "application/octet-stream";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    applications: &'a [super::app::AppRecord<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Whether a name passes `nameFilter`.
fn name_filter(call: &Call) -> Result<impl Fn(&str) -> bool, Answer> {
    let wanted = call.query_param("nameFilter").map(str::to_owned);
    let kind = call
        .query_param("nameFilterType")
        .unwrap_or("CONTAINS")
        .to_owned();
    if !matches!(kind.as_str(), "CONTAINS" | "EQUALS" | "EQUALS_IGNORE_CASE") {
        return Err(call.bad_parameter());
    }
    Ok(move |name: &str| match (&wanted, kind.as_str()) {
        (None, _) => true,
        (Some(wanted), "EQUALS") => name == wanted,
        (Some(wanted), "EQUALS_IGNORE_CASE") => name.eq_ignore_ascii_case(wanted),
        (Some(wanted), _) => name.to_lowercase().contains(&wanted.to_lowercase()),
    })
}

/// By length, then alphabetically: the order of keys in a real server's store.
pub(super) fn by_key(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// `GET {N}/apps`
pub fn list(call: &Call) -> Outcome {
    let size = call.query_integer("pageSize", 0)?;
    let order = call.query_param("orderBy").unwrap_or("ASC");
    if !matches!(order, "ASC" | "DESC") {
        return Err(call.bad_parameter());
    }
    let named = name_filter(call)?;
    let after = page_token(call)?;
    let artifacts = call.query_param("artifactName").filter(|names| !names.is_empty());
    let artifact_version = call.query_param("artifactVersion");
    let latest_only = call.query_param("latestOnly") != Some("false");
    let state = call.cdap.state();
    state.check_namespace(call.namespace())?;
    let fits = |version: &AppVersion| {
        artifacts.is_none_or(|names| names.split(',').any(|name| name.trim() == version.artifact.name))
            && artifact_version.is_none_or(|wanted| wanted == version.artifact.version)
    };
    let mine = state
        .apps
        .iter()
        .filter(|((of, name), _)| of == call.namespace() && named(name));
    let mut records = Vec::new();
    for ((_, name), versions) in mine {
        let newest = versions.len() - 1;
        let shown = versions
            .iter()
            .enumerate()
            .skip(if latest_only { newest } else { 0 });
        records.extend(
            shown
                .filter(|(_, version)| fits(version))
                .map(|(at, version)| version.record(name, Some(at == newest))),
        );
    }
    records.sort_by(|a, b| by_key(a.name, b.name));
    if order == "DESC" {
        records.reverse();
    }
    let Ok(size @ 1..) = usize::try_from(size) else {
        return Ok(Answer::raw_json(gson(&records))
            .with_content_type(STREAM)
            .chunked());
    };
    let token = |record: &super::app::AppRecord<'_>| format!("{}.{}", record.name, record.version);
    let skip = after
        .and_then(|after| records.iter().position(|record| token(record) == after))
        .map_or(0, |at| at + 1);
    let applications = &records[skip..records.len().min(skip + size)];
    // A full page always has a token, also when it is the last one.
    let next_page_token = applications
        .last()
        .filter(|_| applications.len() == size)
        .map(token);
    Ok(Answer::raw_json(gson(&Page {
        applications,
        next_page_token,
    }))
    .with_content_type(STREAM)
    .chunked())
}

fn page_token(call: &Call) -> Result<Option<&str>, Answer> {
    match call.query_param("pageToken") {
        None | Some("") => Ok(None),
        Some(token) if token.contains('.') => Ok(Some(token)),
        Some(_) => Err(Answer::refuse(500, "Missing field: version")),
    }
}

/// Answers with the version of the app in the path.
pub(super) fn with_version(
    call: &Call,
    show: impl FnOnce(&AppVersion, bool, &CdapState) -> Answer,
) -> Outcome {
    let (namespace, app, wanted) = (
        call.namespace(),
        call.path_param("app"),
        call.path_param("version"),
    );
    let state = call.cdap.state();
    let versions = state.apps.get(&(namespace.to_owned(), app.to_owned()));
    let newest = versions.and_then(|versions| versions.last());
    if wanted.is_empty() {
        let newest =
            newest.ok_or_else(|| Answer::not_found(&format!("applicationreference:{namespace}.{app}")))?;
        return Ok(show(newest, true, &state));
    }
    let missing = || Answer::not_found(&format!("application:{namespace}.{app}.{wanted}"));
    let newest = newest.ok_or_else(missing)?;
    if wanted == "-SNAPSHOT" {
        return Ok(show(newest, true, &state));
    }
    let found = versions
        .into_iter()
        .flatten()
        .find(|version| version.id == wanted)
        .ok_or_else(missing)?;
    Ok(show(found, found.id == newest.id, &state))
}

/// `GET {N}/apps/{app}`, also of one version.
pub fn detail(call: &Call) -> Outcome {
    with_version(call, |version, latest, _| {
        Answer::json(&version.detail(call.path_param("app"), latest))
    })
}

/// `GET {N}/apps/{app}/versions`, newest first.
pub fn versions(call: &Call) -> Outcome {
    let (namespace, app) = (call.namespace(), call.path_param("app"));
    let state = call.cdap.state();
    match state.apps.get(&(namespace.to_owned(), app.to_owned())) {
        Some(versions) => Ok(Answer::json(
            &versions
                .iter()
                .rev()
                .map(|version| &version.id)
                .collect::<Vec<_>>(),
        )),
        None => Err(Answer::not_found(&format!(
            "application:{namespace}.{app}.-SNAPSHOT"
        ))),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detailed<'a> {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<AppDetail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// `POST {N}/appdetail`: without a version each item is looked for as `-SNAPSHOT`, and not found.
pub fn details(call: &Call) -> Outcome {
    let invalid = |text: String| Answer::refuse(400, format!("Request body is invalid json: {text}"));
    let body = call
        .json()
        .map_err(|(text, class)| invalid(format!("{class}: {text}")))?;
    let Ordered::List(items) = body else {
        return Err(invalid("please check that it is a json array.".to_owned()));
    };
    let requested: Vec<_> = items
        .iter()
        .map(|item| {
            let version = item.text_of("version").unwrap_or_else(|| "-SNAPSHOT".to_owned());
            (item.text_of("appId").unwrap_or_default(), version)
        })
        .collect();
    let state = call.cdap.state();
    let found = requested.iter().map(|(app, wanted)| {
        let versions = state.apps.get(&(call.namespace().to_owned(), app.clone()));
        let version = versions
            .into_iter()
            .flatten()
            .find(|version| version.id == *wanted);
        let newest = versions
            .and_then(|versions| versions.last())
            .map(|newest| &newest.id);
        let detail = version.map(|version| version.detail(app, newest == Some(&version.id)));
        let error = detail.is_none().then(|| {
            let namespace = call.namespace();
            format!("'application:{namespace}.{app}.{wanted}' was not found.")
        });
        Detailed {
            status_code: if detail.is_some() { 200 } else { 404 },
            detail,
            error,
        }
    });
    Answer::list(found)
}
