//! Requests in flight and the backoff between them: what a restart may forget.

use super::message::Request;
use crate::id::TaskId;
use crate::policy;
use crate::time::Timestamp;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct InFlight {
    /// Each with when it was sent.
    requests: BTreeMap<Request, Timestamp>,
    not_before: BTreeMap<Request, Timestamp>,
    failures_in_a_row: BTreeMap<Request, u32>,
    /// How many requests were ever sent; a key for jitter.
    pub sent_count: u64,
}

impl InFlight {
    pub fn contains(&self, request: &Request) -> bool {
        self.requests.contains_key(request)
    }

    /// The earliest moment at which the request may be sent.
    pub fn not_before(&self, request: &Request) -> Timestamp {
        self.not_before.get(request).copied().unwrap_or_default()
    }

    pub fn sent(&mut self, request: Request, now: Timestamp) {
        self.sent_count += 1;
        self.requests.insert(request, now);
    }

    /// When the request in flight was sent.
    pub fn sent_at(&self, request: &Request) -> Option<Timestamp> {
        self.requests.get(request).copied()
    }

    /// The answer is usable; the next request may be sent at `not_before`.
    pub fn answered(&mut self, request: Request, not_before: Timestamp) {
        self.requests.remove(&request);
        self.failures_in_a_row.remove(&request);
        self.not_before.insert(request, not_before);
    }

    /// The answer is an error; the backoff doubles with each one in a row.
    pub fn failed(&mut self, request: Request, now: Timestamp) {
        self.requests.remove(&request);
        let failures = self.failures_in_a_row.entry(request.clone()).or_insert(0);
        *failures = failures.saturating_add(1);
        let pause = policy::jittered(policy::backoff(*failures), "backoff", self.sent_count);
        self.not_before.insert(request, now + pause);
    }

    pub fn failures_in_a_row(&self, request: &Request) -> u32 {
        self.failures_in_a_row.get(request).copied().unwrap_or_default()
    }

    /// Ends the backoff of a request.
    pub fn allow_now(&mut self, request: &Request) {
        self.not_before.remove(request);
    }

    /// Ends every backoff of a task that starts again.
    pub fn forget_task(&mut self, task: &TaskId) {
        for request in [Request::LookAt(task.clone()), Request::Explain(task.clone())] {
            self.not_before.remove(&request);
            self.failures_in_a_row.remove(&request);
        }
    }
}
