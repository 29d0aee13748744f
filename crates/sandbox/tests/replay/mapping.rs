//! Maps recorded ids, seconds and folders to the sandbox's.

use std::collections::BTreeMap;

/// Maps what always differs between two servers.
#[derive(Clone, Debug)]
pub struct Mapping {
    ids: BTreeMap<String, String>,
    /// A recorded second and the sandbox's second of the same event.
    seconds: BTreeMap<i64, i64>,
    /// The folder that replaces `/data`.
    pub data: String,
}

impl Mapping {
    /// Knows only the folder.
    pub fn new(data: &str) -> Self {
        Self {
            ids: BTreeMap::new(),
            seconds: BTreeMap::new(),
            data: data.to_owned(),
        }
    }

    /// Maps an id, unless it is mapped already. The second of a run is in its id.
    pub fn bind(&mut self, recorded: &str, ours: &str) {
        if let (Some(theirs), Some(mine)) = (second_of(recorded), second_of(ours)) {
            self.bind_second(theirs, mine);
        }
        self.ids
            .entry(recorded.to_owned())
            .or_insert_with(|| ours.to_owned());
    }

    /// Maps an id, also if it is mapped already.
    pub fn rebind(&mut self, recorded: &str, ours: &str) {
        self.ids.insert(recorded.to_owned(), ours.to_owned());
    }

    pub fn bind_second(&mut self, recorded: i64, ours: i64) {
        self.seconds.entry(recorded).or_insert(ours);
    }

    pub fn ours(&self, recorded: &str) -> Option<&str> {
        self.ids.get(recorded).map(String::as_str)
    }

    /// A recorded text with our ids, our seconds (in `start=`, `stop=` and `end=`) and our folder.
    pub fn translate(&self, recorded: &str) -> String {
        let mut text = self.seconds_of(recorded);
        for (from, to) in &self.ids {
            text = text.replace(from, to);
        }
        text.replace("/data/", &format!("{}/", self.data))
    }

    fn seconds_of(&self, recorded: &str) -> String {
        let Some((path, query)) = recorded.split_once('?') else {
            return recorded.to_owned();
        };
        let part = |part: &str| match part.split_once('=') {
            Some((name @ ("start" | "end" | "stop"), value)) => match value.parse::<i64>() {
                Ok(second) if is_second(second) => {
                    format!("{name}={}", self.second(second, path.ends_with("/runs")))
                }
                _ => part.to_owned(),
            },
            _ => part.to_owned(),
        };
        let parts: Vec<_> = query.split('&').map(part).collect();
        format!("{path}?{}", parts.join("&"))
    }

    /// Keeps the distance from the nearest mapped second.
    fn second(&self, recorded: i64, of_runs: bool) -> i64 {
        let nearest = self
            .seconds
            .iter()
            .min_by_key(|(known, _)| (*known - recorded).abs());
        let (known, ours) = nearest.map_or((recorded, recorded), |(known, ours)| (*known, *ours));
        let away = recorded - known;
        // The sandbox is faster: a time far after a run is in the future there.
        let now = chrono::Utc::now().timestamp();
        if of_runs && away > 1 {
            (ours + away).min(now - 1)
        } else {
            ours + away
        }
    }
}

/// The second of a version-1 UUID.
fn second_of(id: &str) -> Option<i64> {
    let time = uuid::Uuid::parse_str(id).ok()?.get_timestamp()?;
    i64::try_from(time.to_unix().0).ok()
}

/// Whether a number can be a time in seconds.
pub fn is_second(number: i64) -> bool {
    (1_000_000_000..10_000_000_000).contains(&number)
}

/// The UUIDs in a text.
pub fn uuids(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + 36 <= bytes.len() {
        if is_uuid(&bytes[at..at + 36]) {
            found.push(&text[at..at + 36]);
            at += 36;
        } else {
            at += 1;
        }
    }
    found
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
