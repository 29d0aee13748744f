//! The checks, each with its standing in front, and the remedies below what is not in order.

use super::Line;
use crate::tui::action::{Action, key};
use crate::tui::model::Model;
use crate::tui::model::doctor::Seen;
use crate::tui::theme::Meaning;
use domain::doctor::{Examined, Standing};

/// The lines of the checks.
pub(super) fn lines(model: &Model) -> Vec<Line> {
    let again = key(Action::CheckAgain);
    let mut lines = Vec::new();
    match &model.doctor.seen {
        _ if model.doctor.is_asking => {
            lines.push(said(
                Meaning::Waiting,
                "Asking the services; this takes some seconds at most.",
            ));
        }
        None => lines.push(said(
            Meaning::Muted,
            format!("Nothing was looked at yet. {again} does."),
        )),
        Some(Seen { at, of, report }) => {
            let at = at.clock();
            let text = format!("{} Looked at {at} UTC; {again} looks again.", report.summary());
            lines.push(said(meaning(report.standing()), text));
            if *of != model.variables.working {
                let text =
                    format!("The variables have changed since {at} UTC: what follows is of the former ones.");
                lines.push(said(Meaning::Warning, text));
            }
            let way_out = report.way_out(&model.profile);
            lines.extend(way_out.map(|text| said(Meaning::Text, text)));
        }
    }
    let checks = model.doctor.seen.iter().flat_map(|seen| seen.report.told());
    lines.extend(checks.flat_map(|examined| of_check(&examined)));
    lines
}

fn of_check(examined: &Examined) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, point) in examined.points.iter().enumerate() {
        let text = match place {
            0 => format!("{}: {}", examined.check.title(), point.text),
            _ => point.text.clone(),
        };
        lines.push(Line {
            // Colour alone does not tell how each point stands.
            lead: point.standing.as_str().to_owned(),
            indent: 0,
            meaning: meaning(point.standing),
            text,
        });
        let below = |meaning, text: &str| Line {
            indent: 2,
            ..said(meaning, text)
        };
        if !point.remedy.is_empty() {
            lines.push(below(Meaning::Text, &point.remedy));
        }
        lines.extend(
            point
                .commands
                .iter()
                .map(|command| below(Meaning::Accent, command)),
        );
    }
    lines
}

/// How a standing is coloured.
const fn meaning(standing: Standing) -> Meaning {
    match standing {
        Standing::Ok => Meaning::Success,
        Standing::Unknown => Meaning::Warning,
        Standing::Missing => Meaning::Danger,
    }
}

fn said(meaning: Meaning, text: impl Into<String>) -> Line {
    Line {
        lead: String::new(),
        indent: 0,
        meaning,
        text: text.into(),
    }
}
