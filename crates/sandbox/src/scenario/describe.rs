//! Describes a fault in a few words, for the answers of `/sandbox/scenario` and `/sandbox/faults`.

use super::{Effect, FOREVER, RequestFault, RunFault, ServerFault};
use std::time::Duration;

impl RunFault {
    pub fn describe(&self) -> String {
        let durations = [
            ("hidden", self.hidden),
            ("its arguments hidden", self.arguments_hidden),
            ("in no list", self.unlisted),
            ("PENDING", self.pending),
            ("STARTING", self.starting),
            ("STOPPING", self.stopping),
            ("its log lines late", self.logs_late),
        ];
        let mut words: Vec<String> = Vec::new();
        for (what, ms) in durations.into_iter().filter(|(_, ms)| *ms > 0) {
            words.push(format!("{what} for {}", duration(Duration::from_millis(ms))));
        }
        if self.deaf {
            words.push("ignores stops".to_owned());
        }
        words.extend(self.skip.iter().map(|status| format!("{status:?} never shown")));
        words.extend(self.refuse.map(|_| "refused with 429".to_owned()));
        let fail = self.fail.as_ref();
        words.extend(fail.map(|fail| format!("stage '{}' fails", fail.stage)));
        words.join(", ")
    }
}

fn duration(duration: Duration) -> String {
    if duration >= FOREVER {
        "ever".to_owned()
    } else {
        format!("{duration:?}")
    }
}

impl RequestFault {
    pub fn describe(&self) -> String {
        let when = |effect: Effect| match effect {
            Effect::None => "before any effect",
            Effect::Done => "after its effect",
        };
        match self {
            Self::Delay(delay) => format!("delayed by {}", duration(*delay)),
            Self::Answer { status, effect, .. } => format!("answered with {status}, {}", when(*effect)),
            Self::Reset(effect) => format!("reset, {}", when(*effect)),
            Self::Truncate { share, .. } => format!("cut to {share} of its answer"),
            Self::Pending(wait) => format!("its job PENDING for {}", duration(*wait)),
            Self::Trickle(length) => format!("answered slowly over {}", duration(*length)),
        }
    }
}

impl ServerFault {
    pub fn describe(&self) -> String {
        match self {
            Self::Kill(away) => format!("killed, away for {}", duration(*away)),
            Self::Redeploy(app) => format!("{app} deployed again"),
            Self::ExpireTokens => "all tokens expired".to_owned(),
        }
    }
}
