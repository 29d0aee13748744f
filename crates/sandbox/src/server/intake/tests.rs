//! Bodies that are large, slow, or many at once.

use super::super::connections::Connections;
use super::*;
use axum::body::Bytes;
use hyper::body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep, sleep};

const PAUSE: Duration = Duration::from_secs(29);

/// A body of which one piece comes every 29 seconds.
struct Slow {
    left: u64,
    piece: u64,
    pause: Pin<Box<Sleep>>,
}

impl Slow {
    fn new(length: u64, piece: u64) -> Self {
        Self {
            left: length,
            piece,
            pause: Box::pin(sleep(PAUSE)),
        }
    }
}

impl hyper::body::Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        std::task::ready!(self.pause.as_mut().poll(cx));
        self.pause.as_mut().reset(Instant::now() + PAUSE);
        let piece = self.piece.min(self.left);
        self.left -= piece;
        let bytes = vec![b' '; usize::try_from(piece).unwrap()];
        Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The status of what an intake says to such a request, and how long that took.
async fn send(intake: &Intake, method: &str, path: &str, body: Slow) -> (u16, Duration) {
    let connection = Connections::new().enter().await;
    let request = Request::builder().method(method).uri(path).body(body).unwrap();
    let began = Instant::now();
    let status = match intake.take(request, &connection).await {
        Ok((request, _held)) => {
            let whole = axum::body::to_bytes(request.into_body(), usize::MAX).await;
            if whole.is_ok() { 200 } else { 0 }
        }
        Err(refused) => refused.status().as_u16(),
    };
    (status, began.elapsed())
}

const JAR: &str = "/api/v3/namespaces/n/artifacts/a";

#[tokio::test(start_paused = true)]
async fn who_sends_a_byte_now_and_then_holds_nothing_for_long() {
    let intake = Intake::new();
    let slow = Slow::new(150 << 20, 1);
    let ((refused, took), (waited, _)) = tokio::join!(send(&intake, "POST", JAR, slow), async {
        sleep(Duration::from_secs(10)).await;
        send(&intake, "POST", JAR, Slow::new(100 << 20, 100 << 20)).await
    });
    assert_eq!(refused, 408);
    assert!(took < Duration::from_secs(31), "{took:?}");
    assert_eq!(waited, 200);
    assert!(intake.0.share().grow(SHARED_BYTES), "all is given back");
    let steady = Slow::new(150 << 20, 10 << 20);
    assert_eq!(send(&intake, "POST", JAR, steady).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn what_goes_to_disk_may_come_slowly() {
    let intake = Intake::new();
    let (status, took) = send(&intake, "PUT", "/a-bucket/a", Slow::new(10, 1)).await;
    assert_eq!((status, took), (200, PAUSE * 10));
    let (status, took) = send(&intake, "PUT", "/a-bucket/a", Slow::new(100, 1)).await;
    assert_eq!((status, took), (0, Duration::from_secs(600)));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_holds_nothing_while_the_rest_comes() {
    let intake = Intake::new();
    let path = "/bigquery/v2/projects/p/queries";
    let large = send(&intake, "POST", path, Slow::new(300 << 20, 20 << 20));
    let ((status, _), ()) = tokio::join!(large, async {
        sleep(PAUSE / 2).await;
        assert!(intake.0.share().grow(SHARED_BYTES));
    });
    assert_eq!(status, 413);
}
