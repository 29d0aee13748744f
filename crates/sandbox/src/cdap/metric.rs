//! Metrics: `POST /v3/metrics/query` in both forms and `POST /v3/metrics/search`.
//!
//! A metric that was never written is absent, never 0. Values are sums.

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::Ordered;
use super::program::WORKFLOW;
use super::run::{Points, Run};
use super::state::CdapState;
use super::string_map::InOrder;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The tags that real servers aggregate by (measured).
const TAGS: [&str; 12] = [
    "namespace",
    "app",
    "workflow",
    "run",
    "spark",
    "program",
    "programtype",
    "mapreduce",
    "component",
    "instance",
    "node",
    "nd",
];

type Tags = Vec<(String, String)>;

/// One query.
#[derive(Debug, Default)]
struct Query {
    tags: Tags,
    metrics: Vec<String>,
    group_by: Vec<String>,
    start: Option<String>,
    end: Option<String>,
    count: Option<String>,
    resolution: Option<String>,
    aggregate: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    metric_name: String,
    grouping: BTreeMap<String, String>,
    data: Vec<Point>,
}

#[derive(Debug, Serialize)]
struct Point {
    time: i64,
    value: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct QueryResult {
    start_time: i64,
    end_time: i64,
    series: Vec<Series>,
    resolution: String,
}

/// `POST /v3/metrics/query`: with any URL parameter the body is ignored.
pub fn query(call: &Call) -> Outcome {
    if !call.query.is_empty() {
        return Ok(Answer::json(&answer(call, &from_url(call))?));
    }
    if call.body.is_empty() {
        return Err(Answer::text_as_json(400, "Batch request with empty content"));
    }
    let internal = || Answer::refuse(500, "Internal error while querying for metrics");
    let Ok(Ordered::Map(queries)) = call.json() else {
        return Err(internal());
    };
    let mut found = Vec::new();
    for (name, body) in &queries {
        found.push((name.clone(), answer(call, &from_body(body))?));
    }
    Ok(Answer::json(&InOrder(&found)))
}

fn from_url(call: &Call) -> Query {
    let owned = |name: &'static str| call.query_param(name).map(str::to_owned);
    Query {
        tags: tags_of(call),
        metrics: call.query_params("metric").map(str::to_owned).collect(),
        group_by: call.query_params("groupBy").map(str::to_owned).collect(),
        start: owned("start"),
        end: owned("end"),
        count: owned("count"),
        resolution: owned("resolution"),
        aggregate: call.query_param("aggregate") == Some("true"),
    }
}

/// `tag=name:value`; anything without a colon is ignored (measured).
fn tags_of(call: &Call) -> Tags {
    let tags = call.query_params("tag").filter_map(|tag| tag.split_once(':'));
    tags.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn from_body(body: &Ordered) -> Query {
    let list = |key: &str| match body.get(key) {
        Some(Ordered::List(items)) => items.iter().filter_map(Ordered::text).collect(),
        _ => Vec::new(),
    };
    let tags = match body.get("tags") {
        Some(Ordered::Map(entries)) => entries
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.text()?)))
            .collect(),
        _ => Vec::new(),
    };
    let range = |key: &str| body.get("timeRange").and_then(|range| range.text_of(key));
    Query {
        tags,
        metrics: list("metrics"),
        group_by: list("groupBy"),
        start: range("start"),
        end: range("end"),
        count: range("count"),
        resolution: range("resolution"),
        aggregate: range("aggregate").as_deref() == Some("true"),
    }
}

/// The time range of a query in seconds, and its step; `None` for one sum over all time.
fn window(query: &Query, now: i64) -> Result<Option<(i64, i64, i64)>, Answer> {
    let named = [&query.start, &query.end, &query.count, &query.resolution];
    if query.aggregate || named.iter().all(|bound| bound.is_none()) {
        return Ok(None);
    }
    let step = match query.resolution.as_deref() {
        None | Some("auto" | "1s") => 1,
        Some("1m" | "60s") => 60,
        Some("1h" | "3600s") => 3600,
        Some(_) => {
            let text = "Resolution interval not supported, only 1 second, 1 minute and 1 hour resolutions are supported currently";
            return Err(Answer::refuse(400, text));
        }
    };
    let moment = |text: &Option<String>| text.as_deref().and_then(|text| seconds(text, now));
    let count = query.count.as_deref().and_then(|count| count.parse::<i64>().ok());
    match (moment(&query.start), moment(&query.end), count) {
        (Some(start), Some(end), _) => Ok(Some((start, end, step))),
        (Some(start), None, Some(count)) => Ok(Some((
            start,
            start.saturating_add(count.saturating_mul(step)),
            step,
        ))),
        (None, Some(end), Some(count)) => {
            Ok(Some((end.saturating_sub(count.saturating_mul(step)), end, step)))
        }
        _ => {
            let text = "At least two of count/start/end parameters are required for time-range queries ";
            Err(Answer::refuse(400, text))
        }
    }
}

/// `1795412461` or `now-5m`.
fn seconds(text: &str, now: i64) -> Option<i64> {
    let Some(rest) = text.strip_prefix("now") else {
        return text.parse().ok();
    };
    let mut at = now;
    let mut sign = -1;
    let mut number = 0;
    for c in rest.chars() {
        match c {
            '-' => sign = -1,
            '+' => sign = 1,
            '0'..='9' => number = i64::checked_add(i64::checked_mul(number, 10)?, c.to_digit(10)?.into())?,
            's' | 'm' | 'h' | 'd' => {
                let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
                let (_, unit) = units.iter().find(|(name, _)| *name == c)?;
                at = i64::checked_add(at, i64::checked_mul(sign * number, *unit)?)?;
                number = 0;
            }
            _ => return None,
        }
    }
    Some(at)
}

fn answer(call: &Call, query: &Query) -> Result<QueryResult, Answer> {
    if query.metrics.is_empty() {
        return Err(Answer::refuse(400, "Missing metrics parameter in the query"));
    }
    let now = call.cdap.clock.now().div_euclid(1000);
    let window = window(query, now)?;
    if let Some((tag, value)) = query.tags.iter().find(|(tag, _)| !TAGS.contains(&tag.as_str())) {
        return Err(unknown_dimension(query, tag, value));
    }
    let state = call.cdap.state();
    let mut series = Vec::new();
    for metric in &query.metrics {
        series.extend(series_of(&state, query, metric, window));
    }
    let (start_time, end_time, resolution) = match window {
        None => (0, now, "2147483647s".to_owned()),
        Some((start, end, step)) => (start, end, format!("{step}s")),
    };
    Ok(QueryResult {
        start_time,
        end_time,
        series,
        resolution,
    })
}

fn unknown_dimension(query: &Query, tag: &str, value: &str) -> Answer {
    let sums: Vec<_> = query
        .metrics
        .iter()
        .map(|metric| format!("{metric}=SUM"))
        .collect();
    Answer::refuse(
        400,
        format!(
            "There's no data aggregated for specified dimensions to satisfy the query: CubeQuery{{aggregation=null, \
             startTs=0, endTs=0, resolution=2147483647, limit=1, measurements={{{}}}, dimensionValues={{{tag}={value}}}, \
             groupByDimensions=[], interpolator=null}}",
            sums.join(", ")
        ),
    )
}

fn series_of(state: &CdapState, query: &Query, metric: &str, window: Option<(i64, i64, i64)>) -> Vec<Series> {
    if let Some(value) = gauge(state, metric) {
        let data = vec![Point { time: 0, value }];
        return vec![Series {
            metric_name: metric.to_owned(),
            grouping: BTreeMap::new(),
            data,
        }];
    }
    let mut groups: BTreeMap<BTreeMap<String, String>, BTreeMap<i64, i64>> = BTreeMap::new();
    for run in state.runs.values().filter(|run| has_tags(run, &query.tags)) {
        let Some(points) = run.metrics.get(metric) else {
            continue;
        };
        let grouping = query
            .group_by
            .iter()
            .filter_map(|tag| Some((tag.clone(), tag_of(run, tag)?)))
            .collect();
        add(groups.entry(grouping).or_default(), points, window);
    }
    let series = groups.into_iter().filter(|(_, data)| !data.is_empty());
    series
        .map(|(grouping, data)| Series {
            metric_name: metric.to_owned(),
            grouping,
            data: data
                .into_iter()
                .map(|(time, value)| Point { time, value })
                .collect(),
        })
        .collect()
}

fn add(sums: &mut BTreeMap<i64, i64>, points: &Points, window: Option<(i64, i64, i64)>) {
    for (second, value) in points {
        match window {
            None => *sums.entry(0).or_default() += value,
            Some((start, end, step)) if (start..end).contains(second) => {
                *sums.entry(second - second.rem_euclid(step)).or_default() += value;
            }
            Some(_) => {}
        }
    }
}

/// Flow control's gauges, which do not belong to a run.
fn gauge(state: &CdapState, metric: &str) -> Option<i64> {
    let (launching, running) = state.flow_counts();
    let count = match metric {
        "system.flowcontrol.launching.count" => launching,
        "system.flowcontrol.running.count" => running,
        _ => return None,
    };
    i64::try_from(count).ok()
}

/// Whether a run's metrics have all these tags. The id of an inner run counts as the run's.
fn has_tags(run: &Run, tags: &[(String, String)]) -> bool {
    tags.iter().all(|(tag, value)| {
        let inner = |id: &str| run.nodes.iter().any(|node| node.run_id.as_deref() == Some(id));
        value == "*" || (tag == "run" && inner(value)) || tag_of(run, tag).is_some_and(|own| own == *value)
    })
}

fn tag_of(run: &Run, tag: &str) -> Option<String> {
    match tag {
        "namespace" => Some(run.program.namespace.clone()),
        "app" => Some(run.program.app.clone()),
        "workflow" | "program" => Some(run.program.name.clone()),
        "run" => Some(run.id.clone()),
        "spark" if !run.map_reduce => program_node(run),
        "mapreduce" if run.map_reduce => program_node(run),
        _ => None,
    }
}

fn program_node(run: &Run) -> Option<String> {
    run.nodes
        .iter()
        .find(|node| node.run_id.is_some())
        .map(|node| node.node_id.clone())
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Tag {
    name: &'static str,
    value: String,
}

/// `POST /v3/metrics/search`: names of metrics, or further tags, below the given tags.
pub fn search(call: &Call) -> Outcome {
    let Some(target) = call.query_param("target") else {
        return Err(Answer::text_as_json(400, "Required target param is missing"));
    };
    let tags = tags_of(call);
    let state = call.cdap.state();
    let runs = state
        .runs
        .values()
        .filter(|run| has_tags(run, &tags) && !run.metrics.is_empty());
    match target {
        "metric" => {
            let names: BTreeSet<_> = runs.flat_map(|run| run.metrics.keys()).collect();
            Ok(Answer::json(&names))
        }
        "tag" => {
            let at_run = tags.iter().any(|(name, _)| name == "run");
            let found: BTreeSet<_> = runs.flat_map(|run| further_tags(run, at_run)).collect();
            Ok(Answer::json(&found))
        }
        other => Err(Answer::text_as_json(
            400,
            &format!("Unknown target param value: {other}"),
        )),
    }
}

fn further_tags(run: &Run, at_run: bool) -> Vec<Tag> {
    let node = program_node(run);
    if at_run {
        return node.map(|value| Tag { name: "nd", value }).into_iter().collect();
    }
    let mut tags = vec![
        Tag {
            name: "profilescope",
            value: "SYSTEM".to_owned(),
        },
        Tag {
            name: "workflow",
            value: WORKFLOW.to_owned(),
        },
    ];
    let name = if run.map_reduce { "mapreduce" } else { "spark" };
    tags.extend(node.map(|value| Tag { name, value }));
    tags
}
