//! Compares two answers: same status, same headers in the same order, same shape of body.
//!
//! Ids, times, hosts and folders are masked; the rest must be equal. A list of run records depends on all runs before,
//! so each of our records must look like one of the recorded ones.

use super::mapping::{Mapping, is_second, uuids};
use super::recording::Response;
use sandbox::Ordered;

/// Where two answers differ, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// `status`, `headers`, `body $.series[0].data`
    pub at: String,
    pub recorded: String,
    pub ours: String,
}

/// Compares answers, and maps ids and seconds meanwhile.
pub struct Comparison<'a> {
    mapping: &'a mut Mapping,
    differences: Vec<Difference>,
    /// Whether ids are mapped here: not where records only look alike.
    learns: bool,
}

/// What differs between a recorded answer and ours.
pub fn compare(recorded: &Response, ours: &Response, mapping: &mut Mapping) -> Vec<Difference> {
    let mut comparison = Comparison {
        mapping,
        differences: Vec::new(),
        learns: true,
    };
    comparison.heads(recorded, ours);
    comparison.bodies(recorded, ours);
    comparison.differences
}

/// What differs between our list of runs and all that were recorded in any step of a poll.
pub fn compare_lists(
    recorded: &[Response],
    ours: &Response,
    mapping: &mut Mapping,
) -> Option<Vec<Difference>> {
    let bodies = recorded
        .iter()
        .map(|step| json(step.body.as_deref().unwrap_or_default()));
    let lists: Option<Vec<_>> = bodies
        .map(|body| match body {
            Some(Ordered::List(items)) => Some(items),
            _ => None,
        })
        .collect();
    let mine = ours
        .body
        .as_deref()
        .unwrap_or_default()
        .replace(&format!("{}/", mapping.data), "/data/");
    let (Some(lists), Some(Ordered::List(mine))) = (lists, json(&mine)) else {
        return None;
    };
    if mine.is_empty() && lists.iter().any(Vec::is_empty) {
        return Some(Vec::new());
    }
    let mut comparison = Comparison {
        mapping,
        differences: Vec::new(),
        learns: false,
    };
    comparison.records("body $", &lists.concat(), &mine);
    Some(comparison.differences)
}

/// What differs between the body of a step of a poll and ours.
pub fn compare_step(recorded: &Response, ours: &Response, mapping: &mut Mapping) -> Vec<Difference> {
    let mut comparison = Comparison {
        mapping,
        differences: Vec::new(),
        learns: true,
    };
    comparison.differ("status", recorded.status, ours.status);
    comparison.bodies(recorded, ours);
    comparison.differences
}

impl Comparison<'_> {
    fn difference(&mut self, at: &str, recorded: impl ToString, ours: impl ToString) {
        let short = |text: String| text.chars().take(300).collect();
        self.differences.push(Difference {
            at: at.to_owned(),
            recorded: short(recorded.to_string()),
            ours: short(ours.to_string()),
        });
    }

    fn differ<T: PartialEq + ToString>(&mut self, at: &str, recorded: T, ours: T) {
        if recorded != ours {
            self.difference(at, recorded, ours);
        }
    }

    fn heads(&mut self, recorded: &Response, ours: &Response) {
        self.differ("status", recorded.status, ours.status);
        // Steps of polls were kept without headers.
        if recorded.headers.is_empty() {
            return;
        }
        let list = |response: &Response| {
            let names: Vec<_> = response.headers.iter().map(|(name, _)| name.as_str()).collect();
            names.join(", ")
        };
        self.differ("headers", list(recorded), list(ours));
        for (name, value) in &recorded.headers {
            if name != "content-length"
                && let Some(mine) = ours.header(name)
            {
                let (value, mine) = (mask(value), mask(mine));
                self.differ(&format!("header {name}"), value, mine);
            }
        }
    }

    fn bodies(&mut self, recorded: &Response, ours: &Response) {
        let (Some(theirs), Some(mine)) = (&recorded.body, &ours.body) else {
            return;
        };
        let mine = mine.replace(&format!("{}/", self.mapping.data), "/data/");
        match (json(theirs), json(&mine)) {
            (Some(theirs), Some(mine)) => self.values("body $", &theirs, &mine),
            _ => self.texts("body", theirs, &mine),
        }
    }

    fn texts(&mut self, at: &str, recorded: &str, ours: &str) {
        let (theirs, mine) = (uuids(recorded), uuids(ours));
        if theirs.len() == mine.len() {
            for (theirs, mine) in theirs.iter().zip(&mine) {
                if self.mapping.ours(theirs).is_some_and(|known| known != *mine) && self.learns {
                    self.difference(at, format!("the id of {theirs}"), mine);
                }
            }
        }
        self.differ(at, mask(recorded), mask(ours));
    }

    fn learn(&mut self, key: &str, recorded: &Ordered, ours: &Ordered) {
        let (Ordered::Text(theirs), Ordered::Text(mine)) = (recorded, ours) else {
            return;
        };
        let is_id = matches!(key, "runid" | "runId" | "version" | "appVersion") || key.starts_with("phase-");
        if self.learns && is_id && uuids(theirs) == [theirs.as_str()] && uuids(mine) == [mine.as_str()] {
            self.mapping.bind(theirs, mine);
        }
    }

    fn values(&mut self, at: &str, recorded: &Ordered, ours: &Ordered) {
        match (recorded, ours) {
            (Ordered::Map(theirs), Ordered::Map(mine)) => self.maps(at, theirs, mine),
            (Ordered::List(theirs), Ordered::List(mine)) => self.lists(at, theirs, mine),
            (Ordered::Text(theirs), Ordered::Text(mine)) => match (json(theirs), json(mine)) {
                // JSON in a text comes from hash maps, whose order depends on how they were filled, too.
                (Some(theirs @ (Ordered::Map(_) | Ordered::List(_))), Some(mine)) => {
                    self.values(&format!("{at}<json>"), &sorted(theirs), &sorted(mine));
                }
                _ => self.texts(at, theirs, mine),
            },
            (Ordered::Number(theirs), Ordered::Number(mine)) => {
                let (theirs, mine) = (mask(&theirs.to_string()), mask(&mine.to_string()));
                self.differ(at, theirs, mine);
            }
            _ if recorded == ours => {}
            _ => self.difference(at, format!("{recorded:?}"), format!("{ours:?}")),
        }
    }

    fn maps(&mut self, at: &str, theirs: &[(String, Ordered)], mine: &[(String, Ordered)]) {
        let list = |entries: &[(String, Ordered)]| {
            let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str()).collect();
            keys.join(", ")
        };
        self.differ(&format!("{at} keys"), list(theirs), list(mine));
        for (key, value) in theirs {
            if let Some((_, other)) = mine.iter().find(|(known, _)| known == key) {
                self.learn(key, value, other);
                self.learn_second(key, value, other);
                self.values(&format!("{at}.{key}"), value, other);
            }
        }
    }

    fn learn_second(&mut self, key: &str, recorded: &Ordered, ours: &Ordered) {
        let (Ordered::Number(theirs), Ordered::Number(mine)) = (recorded, ours) else {
            return;
        };
        if let ("starting", Some(theirs), Some(mine), true) =
            (key, theirs.as_i64(), mine.as_i64(), self.learns)
            && is_second(theirs)
        {
            self.mapping.bind_second(theirs, mine);
        }
    }

    fn lists(&mut self, at: &str, theirs: &[Ordered], mine: &[Ordered]) {
        if theirs.iter().chain(mine).any(|item| item.get("runid").is_some()) {
            return self.records(at, theirs, mine);
        }
        self.differ(&format!("{at} length"), theirs.len(), mine.len());
        for (index, (theirs, mine)) in theirs.iter().zip(mine).enumerate() {
            self.values(&format!("{at}[{index}]"), theirs, mine);
        }
    }

    /// Each of our run records must look like a recorded one. Our list is empty only if the recorded one is.
    fn records(&mut self, at: &str, theirs: &[Ordered], mine: &[Ordered]) {
        self.differ(&format!("{at} empty"), theirs.is_empty(), mine.is_empty());
        if theirs.is_empty() {
            return;
        }
        for (index, mine) in mine.iter().enumerate() {
            let attempts = theirs
                .iter()
                .map(|theirs| self.attempt(&format!("{at}[{index}]"), theirs, mine));
            let best = attempts
                .min_by_key(|differences| distance(differences))
                .unwrap_or_default();
            self.differences.extend(best);
        }
    }

    fn attempt(&self, at: &str, recorded: &Ordered, ours: &Ordered) -> Vec<Difference> {
        let mut mapping = self.mapping.clone();
        let mut inner = Comparison {
            mapping: &mut mapping,
            differences: Vec::new(),
            learns: false,
        };
        inner.values(at, recorded, ours);
        inner.differences
    }
}

/// How much a record differs from another. A difference near the root counts more than one deep inside.
fn distance(differences: &[Difference]) -> usize {
    let depth = |difference: &Difference| difference.at.matches(['.', '[', '<']).count();
    differences
        .iter()
        .map(|difference| (1 << 16) >> depth(difference).min(16))
        .sum()
}

/// The same with the keys of its objects in alphabetical order.
fn sorted(value: Ordered) -> Ordered {
    match value {
        Ordered::Map(entries) => {
            let mut entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Ordered::Map(entries)
        }
        Ordered::List(items) => Ordered::List(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn json(text: &str) -> Option<Ordered> {
    serde_json::from_str(text).ok()
}

/// Masks what always differs between two servers: ids, times, ports.
pub fn mask(text: &str) -> String {
    let mut masked = text.to_owned();
    for id in uuids(text) {
        masked = masked.replace(id, "<id>");
    }
    let masked = numbers(&masked);
    let masked = after(&masked, "job_local", |c| c.is_ascii_digit() || c == '_', "<job>");
    let masked = after(&masked, "Thread-", |c| c.is_ascii_digit(), "<number>");
    folders(&dates(&masked))
}

/// Masks the characters after a prefix, as far as they match.
fn after(text: &str, lead: &str, fits: impl Fn(char) -> bool, hidden: &str) -> String {
    let mut parts = text.split(lead);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(&fits);
        let mark = if rest.len() == part.len() { "" } else { hidden };
        out.extend([lead, mark, rest]);
    }
    out
}

/// Times in seconds or milliseconds, ports of this machine, and the random tail of an identity.
fn numbers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, word) = rest.split_at(at);
        out.push_str(before);
        let end = word
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(word.len());
        let (word, tail) = word.split_at(end.max(1));
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let host = out.ends_with("127.0.0.1:") || out.ends_with("localhost:");
        match word.len() {
            10 | 13 if digits && word.starts_with('1') => out.push_str("<time>"),
            _ if digits && host => out.push_str("<port>"),
            15 if word.bytes().all(|byte| byte.is_ascii_hexdigit()) && out.ends_with('-') => {
                out.push_str("<tail>");
            }
            _ => out.push_str(word),
        }
        rest = tail;
    }
    out + rest
}

/// Masks the output folders, which differ for each run.
fn folders(text: &str) -> String {
    const LEAD: &str = "/data/out/";
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(LEAD) {
        let (before, after) = rest.split_at(at + LEAD.len());
        out.push_str(before);
        let end = after
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(after.len());
        out.push_str(if end == 8 { "<folder>" } else { &after[..end] });
        rest = &after[end..];
    }
    out + rest
}

/// `2026-11-23 05:41:18,021`
fn dates(text: &str) -> String {
    const FORM: &str = "dddd-dd-dd dd:dd:dd,ddd";
    let fits = |window: &[u8]| {
        window.iter().zip(FORM.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            _ => *byte == form,
        })
    };
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut from = 0;
    let mut at = 0;
    while at + FORM.len() <= bytes.len() {
        if fits(&bytes[at..at + FORM.len()]) {
            out.push_str(&text[from..at]);
            out.push_str("<moment>");
            at += FORM.len();
            from = at;
        } else {
            at += 1;
        }
    }
    out + &text[from..]
}
