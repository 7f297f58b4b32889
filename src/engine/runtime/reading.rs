//! Reads one stored document in parts: each part's facts are durable before the next is decided, so
//! that a crash resumes at the next part. Reading itself runs on a blocking thread.

use super::World;
use super::dispatch::Guard;
use crate::domain::fact::Cause;
use crate::domain::row::DocumentRow;
use crate::engine::ingest::{Collector, Item, PART_ITEMS_MAX};
use crate::engine::input::{Input, Part};
use crate::messages::definitions::Definitions;
use crate::messages::unwrap::Source;
use crate::messages::validate;
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::mpsc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A part as it comes from the reader.
pub struct Chunk {
    items: Vec<Item>,
    message_id: Option<String>,
    finished: bool,
}

impl Chunk {
    /// The part with its place in the document.
    pub fn part(self, row: &DocumentRow, number: u32) -> Part {
        Part {
            document: row.key,
            digest: row.digest,
            bank: row.bank.clone(),
            part: number,
            finished: self.finished,
            message_id: self.message_id,
            items: self.items,
        }
    }
}

/// Reads a document to its end.
pub async fn run(world: World, row: DocumentRow, guard: Guard) {
    if let Err(cause) = read(&world, &row).await {
        tracing::error!(document = row.digest.hex(), %cause, "the document could not be read");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    drop(guard);
}

async fn read(world: &World, row: &DocumentRow) -> Result<(), Failure> {
    let octets = world.store.document(row.digest).await?.ok_or("the octets are gone")?;
    let (sender, mut chunks) = mpsc::channel::<Chunk>(2);
    // When the loop has ended nothing more can become durable, and the document stays unread.
    let chosen = world.banks.iter().find(|bank| bank.id == row.bank);
    let chosen = chosen.map(|bank| bank.profile.chosen.clone()).unwrap_or_default();
    let reader = tokio::task::spawn_blocking(move || {
        split(&octets, &chosen, &mut |chunk| sender.blocking_send(chunk).is_ok());
    });
    let mut number = 0;
    while let Some(chunk) = chunks.recv().await {
        if number >= row.parts_read {
            let part = chunk.part(row, number);
            let cause = Cause::Document(row.digest, number);
            world.desk.put(world.envelope(&row.bank, cause, Input::Part(Arc::new(part)))).await?;
        }
        number += 1;
    }
    reader.await?;
    Ok(())
}

/// Cuts what the reader says into parts, as long as `take` wants more. The last part says that
/// nothing is left. What the bank's profile has chosen judges before what is shipped.
pub fn split(octets: &[u8], chosen: &Definitions, take: &mut dyn FnMut(Chunk) -> bool) {
    let mut collector = Collector::default();
    let mut record = 0u64;
    let mut wanted = true;
    let mut input = Cursor::new(octets);
    validate::parse_by(Source::Seekable(&mut input), chosen, None, &mut |said, _origin| {
        collector.take(said, record);
        record += 1;
        while wanted && collector.ready.len() > PART_ITEMS_MAX {
            let rest = collector.ready.split_off(PART_ITEMS_MAX);
            let items = std::mem::replace(&mut collector.ready, rest);
            wanted = take(Chunk { items, message_id: collector.message_id.clone(), finished: false });
        }
    });
    if wanted {
        let items = std::mem::take(&mut collector.ready);
        take(Chunk { items, message_id: collector.message_id, finished: true });
    }
}
