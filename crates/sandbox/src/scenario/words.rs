//! What a rule does, in a few words: for the control endpoint and its list of faults.

use super::{FOREVER, Fate, Happening, Upset};
use std::time::Duration;

impl Fate {
    /// In a few words.
    pub fn words(&self) -> String {
        let spans = [
            ("hidden", self.hidden),
            ("its arguments hidden", self.arguments_hidden),
            ("in no list", self.unlisted),
            ("PENDING", self.pending),
            ("STARTING", self.starting),
            ("STOPPING", self.stopping),
            ("its lines late", self.logs_late),
        ];
        let mut words: Vec<String> = Vec::new();
        for (what, ms) in spans.into_iter().filter(|(_, ms)| *ms > 0) {
            words.push(format!("{what} for {}", span_words(Duration::from_millis(ms))));
        }
        if self.deaf {
            words.push("deaf to stops".to_owned());
        }
        words.extend(self.skip.iter().map(|status| format!("{status:?} never shown")));
        words.extend(self.refuse.map(|_| "refused with 429".to_owned()));
        words.extend(
            self.fail
                .as_ref()
                .map(|fail| format!("stage '{}' breaks", fail.stage)),
        );
        words.join(", ")
    }
}

fn span_words(span: Duration) -> String {
    if span >= FOREVER {
        "ever".to_owned()
    } else {
        format!("{span:?}")
    }
}

impl Upset {
    /// In a few words.
    pub fn words(&self) -> String {
        let when = |done: bool| {
            if done {
                "after its effect"
            } else {
                "before any effect"
            }
        };
        match self {
            Self::Delay(span) => format!("delayed by {}", span_words(*span)),
            Self::Answer { status, done, .. } => format!("answered with {status}, {}", when(*done)),
            Self::Reset { done } => format!("reset, {}", when(*done)),
            Self::Truncate { share, .. } => format!("cut to {share} of its answer"),
            Self::Trickle(span) => format!("answered drop by drop over {}", span_words(*span)),
        }
    }
}

impl Happening {
    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Kill(down) => format!("killed, away for {}", span_words(*down)),
            Self::Redeploy(app) => format!("{app} deployed again"),
            Self::ExpireTokens => "all tokens expired".to_owned(),
        }
    }
}
