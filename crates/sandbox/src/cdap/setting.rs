//! `GET /v3/config/cdap`: the settings that decide what a client sees. A real server lists some seven hundred, most of
//! them of Hadoop; here are those that apply to the sandbox, under the same names.

use super::answer::{Answer, Outcome};
use super::call::Call;
use serde::Serialize;

#[derive(Serialize)]
struct Setting {
    name: &'static str,
    value: String,
    source: &'static str,
}

/// `GET /v3/config/cdap`
#[expect(clippy::unnecessary_wraps, reason = "every handler has the same form")]
pub fn list(call: &Call) -> Outcome {
    let limit = |limit: Option<u32>| limit.map_or_else(|| "-1".to_owned(), |limit| limit.to_string());
    let setting = |name, value| Setting {
        name,
        value,
        source: "cdap-site.xml",
    };
    let cdap = &call.cdap;
    Ok(Answer::json(&[
        setting("app.max.concurrent.runs", limit(cdap.limits.outstanding)),
        setting("app.max.concurrent.launching", limit(cdap.limits.launching)),
        setting(
            "app.program.status.event.poll.delay.millis",
            cdap.clock.tick().as_millis().to_string(),
        ),
        setting(
            "log.process.pipeline.event.delay.ms",
            cdap.clock.log_delay().to_string(),
        ),
        setting("security.enabled", cdap.auth.is_some().to_string()),
    ]))
}
