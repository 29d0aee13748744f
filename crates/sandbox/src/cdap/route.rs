//! Every call of CDAP's API that the sandbox answers, in one table.
//!
//! A path that is known with another method is 405 with the path as its body; any other is 404.
//! Both close the connection (measured).

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::scheduling::{calls, fire_times, lists};
use super::{
    Cdap, app_calls, app_plugins, batch, catalogue, deploy, log_calls, metric, node, platform, preference,
    profile, run_calls, secret, setting, specification, start, stop, studio, upgrade, upload, validation,
};
use axum::body::Bytes;
use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use std::sync::Arc;

type Handler = fn(&Call) -> Outcome;

/// What a pattern is appended to.
#[derive(Clone, Copy)]
enum Prefix {
    /// The root.
    Root,
    /// `/v3/namespaces/{namespace}`
    Namespace,
    /// An app.
    App,
    /// A version of an app.
    Version,
    /// An app, or a version of it, where both are answered alike.
    AnyApp,
    /// A program of an app's newest version.
    Program,
    /// A program of a version, or of the newest.
    AnyProgram,
    /// A version of an artifact.
    Artifact,
    /// The programs of one type.
    Programs,
}

impl Prefix {
    fn prefixes(self) -> &'static [&'static str] {
        const APP: &str = "/v3/namespaces/{namespace}/apps/{app}";
        const VERSION: &str = "/v3/namespaces/{namespace}/apps/{app}/versions/{version}";
        const PROGRAM: &str = "/v3/namespaces/{namespace}/apps/{app}/{type}/{program}";
        const VERSIONED: &str = "/v3/namespaces/{namespace}/apps/{app}/versions/{version}/{type}/{program}";
        match self {
            Self::Root => &[""],
            Self::Namespace => &["/v3/namespaces/{namespace}"],
            Self::App => &[APP],
            Self::Version => &[VERSION],
            Self::AnyApp => &[APP, VERSION],
            Self::Program => &[PROGRAM],
            Self::AnyProgram => &[PROGRAM, VERSIONED],
            Self::Programs => &[
                "/v3/namespaces/{namespace}/workflows",
                "/v3/namespaces/{namespace}/spark",
                "/v3/namespaces/{namespace}/mapreduce",
                "/v3/namespaces/{namespace}/services",
                "/v3/namespaces/{namespace}/workers",
            ],
            Self::Artifact => &["/v3/namespaces/{namespace}/artifacts/{artifact}/versions/{version}"],
        }
    }
}

use Prefix::{AnyApp, AnyProgram, App, Artifact, Namespace, Program, Programs, Root, Version};

/// Earlier entries win. Path parameters are in braces.
const ROUTES: &[(&str, Prefix, &str, Handler)] = &[
    ("GET", Root, "", platform::root),
    ("GET", Root, "/ping", platform::ping),
    ("GET", Root, "/status", platform::router_status),
    ("GET", Root, "/v3/version", platform::version),
    ("GET", Root, "/v3/versions", platform::versions),
    ("GET", Root, "/v3/system/services", platform::services),
    (
        "GET",
        Root,
        "/v3/system/services/status",
        platform::services_status,
    ),
    (
        "GET",
        Root,
        "/v3/system/services/{service}/status",
        platform::service_status,
    ),
    ("GET", Root, "/v3/system/services/{service}/logs", log_calls::all),
    (
        "GET",
        Root,
        "/v3/system/services/{service}/logs/next",
        log_calls::next,
    ),
    (
        "GET",
        Root,
        "/v3/system/services/{service}/logs/prev",
        log_calls::previous,
    ),
    ("GET", Root, "/v3/config/cdap", setting::list),
    ("GET", Root, "/v3/profiles", profile::list),
    ("GET", Root, "/v3/profiles/{profile}", profile::one),
    ("GET", Namespace, "/profiles", profile::list),
    ("GET", Namespace, "/profiles/{profile}", profile::one),
    ("GET", Root, "/v3/provisioners", profile::provisioners),
    (
        "GET",
        Root,
        "/v3/provisioners/{provisioner}",
        profile::provisioner,
    ),
    ("GET", Root, "/v3/namespaces", platform::namespaces),
    ("GET", Namespace, "", platform::namespace),
    ("PUT", Namespace, "", platform::create_namespace),
    (
        "DELETE",
        Root,
        "/v3/unrecoverable/namespaces/{namespace}",
        platform::delete_namespace,
    ),
    ("POST", Root, "/v3/metrics/query", metric::query),
    ("POST", Root, "/v3/metrics/search", metric::search),
    ("GET", Root, "/v3/namespaces/system/apps", studio::apps),
    ("GET", Root, "/v3/namespaces/system/apps/pipeline", studio::detail),
    ("GET", Namespace, "/apps", app_calls::list),
    ("POST", Namespace, "/apps", upload::app),
    ("DELETE", Namespace, "/apps", deploy::delete_all),
    ("POST", Namespace, "/appdetail", app_calls::details),
    ("POST", Namespace, "/upgrade", upgrade::many),
    ("GET", App, "", app_calls::detail),
    ("PUT", App, "", deploy::put),
    ("DELETE", App, "", deploy::delete),
    ("GET", App, "/versions", app_calls::versions),
    ("GET", App, "/plugins", app_plugins::list),
    ("GET", Version, "", app_calls::detail),
    ("DELETE", Version, "", deploy::delete_version),
    ("POST", Version, "/create", deploy::put),
    ("POST", App, "/update", deploy::update),
    ("POST", App, "/upgrade", upgrade::one),
    ("PUT", Version, "/restart-programs", deploy::restart_programs),
    ("GET", Namespace, "/artifacts", catalogue::list),
    ("POST", Namespace, "/artifacts", upload::reload),
    ("GET", Namespace, "/artifacts/{artifact}", catalogue::versions),
    ("POST", Namespace, "/artifacts/{artifact}", upload::add),
    ("GET", Artifact, "", catalogue::detail),
    ("DELETE", Artifact, "", upload::delete),
    ("GET", Artifact, "/properties", catalogue::properties),
    ("PUT", Artifact, "/properties", upload::set_properties),
    ("DELETE", Artifact, "/properties", upload::set_properties),
    ("GET", Artifact, "/extensions", catalogue::kinds),
    ("GET", Artifact, "/extensions/{kind}", catalogue::plugins),
    (
        "GET",
        Artifact,
        "/extensions/{kind}/plugins/{plugin}",
        catalogue::one,
    ),
    (
        "POST",
        Root,
        "/v3/namespaces/system/apps/pipeline/services/studio/methods/v1/contexts/{namespace}/validations/stage",
        validation::stage,
    ),
    (
        "POST",
        Root,
        "/v3/namespaces/system/apps/pipeline/services/studio/methods/v1/contexts/{namespace}/validations/pipeline",
        validation::pipeline,
    ),
    (
        "GET",
        Root,
        "/v3/namespaces/system/apps/pipeline/services/studio/available",
        studio::available,
    ),
    (
        "GET",
        Root,
        "/v3/namespaces/system/apps/pipeline/services/studio/status",
        studio::status,
    ),
    (
        "GET",
        Root,
        "/v3/namespaces/system/apps/pipeline/services/studio/methods/v1/contexts/{namespace}/connections",
        studio::empty_list,
    ),
    (
        "GET",
        Root,
        "/v3/namespaces/system/apps/pipeline/services/studio/methods/v1/contexts/{namespace}/drafts",
        studio::empty_list,
    ),
    ("GET", AnyApp, "/schedules", lists::list),
    ("GET", AnyApp, "/schedules/{schedule}", calls::one),
    ("PUT", AnyApp, "/schedules/{schedule}", calls::add),
    ("DELETE", AnyApp, "/schedules/{schedule}", calls::delete),
    ("GET", AnyApp, "/schedules/{schedule}/status", calls::status),
    ("POST", AnyApp, "/schedules/{schedule}/update", calls::update),
    ("POST", AnyApp, "/schedules/{schedule}/{action}", calls::act),
    ("GET", AnyProgram, "/schedules", lists::list),
    (
        "GET",
        Namespace,
        "/schedules/trigger-type/program-status",
        lists::triggered_by,
    ),
    ("PUT", Namespace, "/schedules/re-enable", calls::re_enable),
    ("GET", Program, "/nextruntime", fire_times::next),
    ("GET", Program, "/previousruntime", fire_times::previous),
    ("POST", Namespace, "/nextruntime", fire_times::next_of_many),
    (
        "POST",
        Namespace,
        "/previousruntime",
        fire_times::previous_of_many,
    ),
    ("GET", Root, "/v3/preferences", preference::get),
    ("PUT", Root, "/v3/preferences", preference::put),
    ("DELETE", Root, "/v3/preferences", preference::delete),
    ("GET", Namespace, "/preferences", preference::get),
    ("PUT", Namespace, "/preferences", preference::put),
    ("DELETE", Namespace, "/preferences", preference::delete),
    ("GET", App, "/preferences", preference::get),
    ("PUT", App, "/preferences", preference::put),
    ("DELETE", App, "/preferences", preference::delete),
    ("GET", Program, "/preferences", preference::get),
    ("PUT", Program, "/preferences", preference::put),
    ("DELETE", Program, "/preferences", preference::delete),
    ("GET", AnyProgram, "/runtimeargs", preference::get),
    ("PUT", AnyProgram, "/runtimeargs", preference::put),
    ("GET", Namespace, "/securekeys", secret::list),
    ("GET", Namespace, "/securekeys/{key}", secret::get),
    ("PUT", Namespace, "/securekeys/{key}", secret::put),
    ("DELETE", Namespace, "/securekeys/{key}", secret::delete),
    ("GET", Namespace, "/securekeys/{key}/metadata", secret::describe),
    ("POST", Namespace, "/start", batch::start),
    ("POST", Namespace, "/stop", batch::stop),
    ("POST", Namespace, "/status", batch::status),
    ("POST", Namespace, "/runs", batch::runs),
    ("POST", Namespace, "/runcount", batch::count),
    ("POST", AnyProgram, "/start", start::program),
    ("POST", AnyProgram, "/stop", stop::program),
    ("GET", AnyProgram, "/status", run_calls::status),
    ("GET", AnyProgram, "/runs", run_calls::list),
    ("GET", AnyProgram, "/runcount", run_calls::count),
    ("GET", Program, "/statistics", run_calls::statistics),
    (
        "GET",
        Program,
        "/runs/{run}/statistics",
        run_calls::statistics_of_run,
    ),
    ("GET", Program, "/runs/{run}/compare", run_calls::compare),
    ("GET", AnyProgram, "/runs/{run}", run_calls::record),
    ("POST", Program, "/runs/{run}/stop", stop::run),
    ("POST", Program, "/runs/{run}/suspend", stop::suspend),
    ("POST", Program, "/runs/{run}/resume", stop::resume),
    ("POST", Program, "/runs/{run}/classify", node::classify),
    ("GET", Program, "/runs/{run}/nodes/state", node::states),
    ("GET", Program, "/runs/{run}/nodes/{node}/token", node::node_token),
    ("GET", Program, "/runs/{run}/token", node::token),
    ("GET", Program, "/runs/{run}/localdatasets", node::local_datasets),
    (
        "DELETE",
        Program,
        "/runs/{run}/localdatasets",
        node::delete_local_datasets,
    ),
    ("GET", Program, "/runs/{run}/logs", log_calls::all),
    ("GET", Program, "/runs/{run}/logs/next", log_calls::next),
    ("GET", Program, "/runs/{run}/logs/prev", log_calls::previous),
    ("GET", Program, "/logs", log_calls::all),
    ("GET", Program, "/logs/next", log_calls::next),
    ("GET", Program, "/logs/prev", log_calls::previous),
    ("POST", AnyProgram, "/{action}", start::unknown_action),
    ("GET", Programs, "", specification::list),
    ("GET", AnyProgram, "", specification::one),
];

/// The parameters of a path that matches a pattern.
fn match_path(
    prefix: &'static str,
    rest: &'static str,
    segments: &[String],
) -> Option<Vec<(&'static str, String)>> {
    let mut parts = Vec::new();
    let mut segments = segments.iter();
    for pattern in prefix
        .split('/')
        .chain(rest.split('/'))
        .filter(|pattern| !pattern.is_empty())
    {
        let segment = segments.next()?;
        match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => parts.push((name, segment.clone())),
            None if pattern == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(parts)
}

/// The decoded segments of a path; `None` if one is empty. A slash at the end is allowed.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Vec::new());
    }
    let decode = |segment: &str| {
        percent_decode_str(segment)
            .decode_utf8()
            .ok()
            .map(std::borrow::Cow::into_owned)
    };
    path.split('/')
        .map(|segment| decode(segment).filter(|text| !text.is_empty() && !text.contains('/')))
        .collect()
}

/// Finds the handler of a request and calls it. `uri` is its path and query, as they were sent.
pub fn dispatch(cdap: Arc<Cdap>, method: &str, uri: &str, headers: &HeaderMap, body: Bytes) -> Outcome {
    let shown = if uri.is_empty() { "/" } else { uri };
    let (path, query) = shown.split_once('?').unwrap_or((shown, ""));
    let not_found = || Answer::framework(404, format!("Problem accessing: {shown}. Reason: Not Found"));
    let segments = segments(path).ok_or_else(not_found)?;
    let mut known = false;
    for (verb, prefix, rest, handler) in ROUTES {
        let Some(parts) = prefix
            .prefixes()
            .iter()
            .find_map(|prefix| match_path(prefix, rest, &segments))
        else {
            continue;
        };
        known = true;
        if *verb == method {
            let query = url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect();
            return handler(&Call {
                cdap,
                method: method.to_owned(),
                uri: shown.to_owned(),
                path_params: parts,
                query,
                headers: headers.clone(),
                body,
            });
        }
    }
    Err(if known {
        Answer::framework(405, shown)
    } else {
        not_found()
    })
}
