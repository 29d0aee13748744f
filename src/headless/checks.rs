//! What a run needs, for `downbeat doctor`: lines for a person, or one JSON object for a script.

use super::{json, out};
use crate::cli::{Exit, Output};
use crate::engine::now;
use domain::doctor::{Examined, Report, Standing};
use domain::sanitize;
use domain::target::Target;
use serde_json::json;
use std::io;
use std::time::Duration;

/// Columns of the standing, and of the title behind it.
const STANDING: usize = 8;
const TITLE: usize = 22;

/// Prints what was seen, and how long it took.
pub fn print(report: &Report, took: Duration, target: &Target, output: Output) -> Exit {
    let exit = exit(report.standing());
    match output {
        Output::Json => out::json(&json::with_target(
            target,
            json!({
                "event": "checks", "time": now().to_rfc3339(), "standing": report.standing(),
                "seconds": took.as_secs_f64(), "checks": report.checks, "exit": exit.code(),
            }),
        )),
        Output::Text => out::lines(io::stdout(), &text(report, took, target)),
    }
    exit
}

/// A question that was not answered is worth asking again; what is missing stays missing.
const fn exit(standing: Standing) -> Exit {
    match standing {
        Standing::Ok => Exit::Success,
        Standing::Unknown => Exit::Unavailable,
        Standing::Missing => Exit::Refused,
    }
}

fn text(report: &Report, took: Duration, target: &Target) -> String {
    let mut lines = vec![sanitize::line(&target.text()).into_owned(), String::new()];
    lines.extend(report.told().iter().flat_map(of_check));
    lines.push(String::new());
    lines.push(format!(
        "{} It took {:.1} s.",
        report.summary(),
        took.as_secs_f64()
    ));
    lines.extend(report.way_out(&target.profile));
    lines.join("\n")
}

fn of_check(examined: &Examined) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, point) in examined.points.iter().enumerate() {
        let title = if place == 0 { examined.check.title() } else { "" };
        let word = point.standing.as_str();
        let text = sanitize::line(&point.text);
        lines.push(format!("{word:<STANDING$} {title:<TITLE$} {text}"));
        // Commands stand at the left, so that a line that is taken whole is one.
        if !point.remedy.is_empty() {
            lines.push(format!(
                "{:STANDING$} {:TITLE$} {}",
                "",
                "",
                sanitize::line(&point.remedy)
            ));
        }
        lines.extend(
            point
                .commands
                .iter()
                .map(|command| format!("    {}", sanitize::line(command))),
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::doctor::{Check, Point};

    #[test]
    fn each_point_stands_below_its_check_with_its_remedy() {
        let points = vec![
            Point::ok("It is there."),
            Point::missing("b is missing.")
                .advise("Make it.")
                .run("gcloud b create 'a b'"),
        ];
        let lines = of_check(&Examined::new(Check::Bucket, points));
        assert_eq!(
            lines,
            [
                "ok       Bucket                 It is there.",
                "missing                         b is missing.",
                "                                Make it.",
                "    gcloud b create 'a b'",
            ]
        );
    }

    #[test]
    fn what_is_missing_ends_otherwise_than_what_was_not_answered() {
        let codes = [Standing::Ok, Standing::Missing, Standing::Unknown].map(|one| exit(one).code());
        assert_eq!(codes, [0, 2, 4]);
    }
}
