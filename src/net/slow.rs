//! A body that must keep coming: its sender has a time, and earns more of it with every octet. Knows nothing of what is sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::server::BODY_OCTETS_PER_MS_MIN;

/// Why a body ends before its end. The sender must send faster, or is none.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The line.
    #[error(transparent)]
    Line(#[from] hyper::Error),
    /// The sender's time.
    #[error("the body came too slowly")]
    Slow,
}

/// A request's body with a deadline that moves as octets come.
pub struct Timed {
    body: Incoming,
    began: Instant,
    grace: Duration,
    octets: u64,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    /// From now on, with so much time in advance.
    pub fn new(body: Incoming, grace: Duration) -> Timed {
        Timed { body, began: Instant::now(), grace, octets: 0, alarm: None }
    }

    fn deadline(&self) -> Instant {
        self.began + self.grace + Duration::from_millis(self.octets / BODY_OCTETS_PER_MS_MIN)
    }
}

impl Body for Timed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                self.octets = self.octets.saturating_add(data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Line)));
        }
        let deadline = self.deadline();
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        alarm.as_mut().reset(deadline);
        match Future::poll(alarm.as_mut(), context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(BodyError::Slow))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
