//! Eight clients that ask for the same path and wait for each answer, on connections kept open.

use std::time::{Duration, Instant};

/// How many clients ask at the same time.
const CLIENTS: usize = 8;

/// What came of it.
pub struct Load {
    /// Of every answer, shortest first.
    latencies: Vec<Duration>,
    span: Duration,
    /// Bytes of one body.
    pub body: usize,
}

impl Load {
    /// Answers per second.
    pub fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.len()).unwrap()) / self.span.as_secs_f64()
    }

    /// What so many of a thousand answers took at most.
    pub fn quantile(&self, of_a_thousand: usize) -> Duration {
        let place = self.latencies.len() * of_a_thousand / 1000;
        self.latencies[place.min(self.latencies.len() - 1)]
    }
}

/// Asks for a span of time; every answer must be a 200.
pub fn under(base: &str, path: &str, span: Duration) -> Load {
    // reqwest panics without a provider; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{base}{path}");
        // Once before the clock starts: what is loaded late is loaded now.
        let body = client
            .get(&url)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap()
            .len();
        let began = Instant::now();
        let clients = (0..CLIENTS).map(|_| {
            let (client, url) = (client.clone(), url.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while began.elapsed() < span {
                    let asked = Instant::now();
                    let answer = client.get(&url).send().await.unwrap();
                    assert_eq!(answer.status(), 200, "{url}");
                    answer.bytes().await.unwrap();
                    latencies.push(asked.elapsed());
                }
                latencies
            })
        });
        let mut latencies = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            latencies.extend(client.await.unwrap());
        }
        latencies.sort_unstable();
        Load {
            latencies,
            span: began.elapsed(),
            body,
        }
    })
}
