//! Payout files taken in, and payouts made durable, with references on the csv crate, serde_json and SQLite.

use std::path::Path;
use std::sync::Arc;

use girogate::domain::charset::Policy;
use girogate::domain::entry::Digest;
use girogate::domain::fact::{Cause, Fact, Recorded};
use girogate::domain::payout::Speed;
use girogate::domain::row::ConfiguredAccount;
use girogate::engine::convert::{Format, take};
use girogate::engine::decide::Standing;
use girogate::engine::demonstration;
use girogate::engine::input::{Asked, Candidate, Envelope, Input, Mode, Shape, Submit};
use girogate::engine::intake::check::{Checked, Context};
use girogate::engine::intake::csv::Separator;
use girogate::engine::intake::ids::IdKey;
use girogate::engine::routing::Bank;
use girogate::engine::turn;
use girogate::store::sqlite::{Places, SqliteStore};
use girogate::store::view::apply::apply;
use girogate::store::{Appended, Store, Turn, chain, facts};
use rusqlite::{Connection, params};
use serde::Deserialize;
use tokio::runtime::Runtime;

use super::{Stage, inputs};

/// Rows of a file.
const ROWS: usize = 20_000;
/// Payouts of one turn, one request and one transaction of the reference.
const BATCH: usize = 1_000;

/// What the check is told: the demonstration's bank and accounts.
struct World {
    accounts: Vec<ConfiguredAccount>,
    banks: Vec<Bank>,
    id_key: IdKey,
}

impl World {
    fn new() -> World {
        World {
            accounts: demonstration::accounts(),
            banks: vec![demonstration::bank()],
            id_key: demonstration::id_key(),
        }
    }

    fn take(&self, text: &str, format: Format) -> Vec<Checked> {
        let context = Context {
            accounts: &self.accounts,
            banks: &self.banks,
            now: inputs::now(),
            tenant: demonstration::TENANT,
            id_key: &self.id_key,
            default_speed: Speed::Standard,
            text_policy: Policy::Transliterate,
        };
        let taken = take(text.as_bytes(), format, &context);
        assert!(taken.refused.is_empty(), "every row of ours is good: {:?}", taken.refused.first());
        taken.accepted
    }
}

/// Reads and checks a file once; gives the number of payouts.
pub fn take_once(text: &str) -> usize {
    World::new().take(text, Format::Csv(Separator::Comma)).len()
}

/// CSV rows to checked payouts.
pub fn csv_rows() -> Stage {
    let (world, text) = (World::new(), inputs::csv(ROWS));
    let again = text.clone();
    Stage {
        items: ROWS,
        octets: text.len(),
        reference: "csv crate into one struct of texts a row, nothing checked",
        ours: Box::new(move || drop(world.take(&text, Format::Csv(Separator::Comma)))),
        theirs: Box::new(move || {
            let mut reader = csv::Reader::from_reader(again.as_bytes());
            let rows: Vec<Row> = reader.deserialize().map(|row| row.expect("a row")).collect();
            assert_eq!(rows.len(), ROWS);
            std::hint::black_box(rows);
        }),
    }
}

/// JSON lines to checked payouts.
pub fn json_rows() -> Stage {
    let (world, text) = (World::new(), inputs::json_lines(ROWS));
    let again = text.clone();
    Stage {
        items: ROWS,
        octets: text.len(),
        reference: "serde_json into one value a line, nothing checked",
        ours: Box::new(move || drop(world.take(&text, Format::NdJson))),
        theirs: Box::new(move || {
            let rows: Vec<serde_json::Value> =
                again.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
            assert_eq!(rows.len(), ROWS);
            std::hint::black_box(rows);
        }),
    }
}

/// The columns of [`inputs::COLUMNS`].
#[derive(Deserialize)]
#[allow(dead_code, reason = "read to be kept, not to be looked at")]
struct Row {
    external_id: String,
    #[serde(rename = "debtor.account_ref")]
    account_ref: String,
    #[serde(rename = "amount.value")]
    value: String,
    #[serde(rename = "amount.currency")]
    currency: String,
    #[serde(rename = "creditor.type")]
    kind: String,
    #[serde(rename = "creditor.name")]
    name: String,
    #[serde(rename = "creditor.address.street")]
    street: String,
    #[serde(rename = "creditor.address.building")]
    building: String,
    #[serde(rename = "creditor.address.postcode")]
    postcode: String,
    #[serde(rename = "creditor.address.town")]
    town: String,
    #[serde(rename = "creditor.address.country")]
    country: String,
    #[serde(rename = "creditor_account.iban")]
    iban: String,
    purpose: String,
    #[serde(rename = "remittance.unstructured")]
    unstructured: String,
}

/// A folder on the disk that the build uses: a folder in memory would make every durable write free.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the build folder is writable")
}

fn open(folder: &Path) -> Store {
    Store::Sqlite(SqliteStore::open(&Places::within(folder)).expect("an empty folder becomes a store"))
}

fn recorded(fact: Fact) -> Recorded {
    Recorded {
        at: inputs::now(),
        tenant: demonstration::TENANT.to_owned(),
        actor: "bench".to_owned(),
        cause: Cause::Request("bench".to_owned()),
        fact,
    }
}

fn recording(key: i64, checked: &Checked) -> Recorded {
    recorded(Fact::PayoutRecorded {
        key,
        payout: Box::new(checked.payout.clone()),
        held: None,
        likeness: checked.likeness,
        content: checked.content,
        replaces: None,
    })
}

/// Facts to durable facts and rows: a turn for each thousand payouts.
pub fn append() -> Stage {
    let checked = World::new().take(&inputs::csv(ROWS), Format::Csv(Separator::Comma));
    let facts: Vec<Recorded> =
        checked.iter().zip(1..).map(|(checked, key)| recording(key, checked)).collect();
    let runtime = Runtime::new().expect("threads can be started");
    Stage {
        items: ROWS,
        octets: 0,
        reference: "SQLite insert of the same rows, one table with 3 indexes, batches of 1,000",
        ours: Box::new(move || {
            let folder = folder();
            runtime.block_on(append_all(&open(folder.path()), &facts));
        }),
        theirs: plain_insert(&checked),
    }
}

async fn append_all(store: &Store, facts: &[Recorded]) {
    for facts in facts.chunks(BATCH) {
        let mut view = store.load(Vec::new()).await.expect("the store reads");
        facts.iter().for_each(|recorded| apply(&mut view, recorded));
        let turn = Turn { facts: facts.to_vec(), view, documents: Vec::new() };
        assert!(matches!(store.append(turn).await, Appended::Done { .. }), "nothing else writes");
    }
}

/// A payout file to durable payouts: read, checked, decided by the engine, appended; a request for each thousand.
pub fn durable() -> Stage {
    let (world, text) = (World::new(), inputs::csv(ROWS));
    let checked = world.take(&text, Format::Csv(Separator::Comma));
    let runtime = Runtime::new().expect("threads can be started");
    Stage {
        items: ROWS,
        octets: text.len(),
        reference: "SQLite insert of the same rows, one table with 3 indexes, batches of 1,000",
        ours: Box::new(move || {
            let folder = folder();
            let store = open(folder.path());
            let taken = world.take(&text, Format::Csv(Separator::Comma));
            let mut taken = taken.into_iter().peekable();
            while taken.peek().is_some() {
                let items = taken.by_ref().take(BATCH).map(asked).collect();
                runtime.block_on(submit(&store, items));
            }
        }),
        theirs: plain_insert(&checked),
    }
}

fn asked(checked: Checked) -> Asked {
    Asked::Good(Box::new(Candidate {
        payout: checked.payout,
        end_to_end_fallback: checked.end_to_end_fallback,
        replaces: checked.replaces,
        likeness: checked.likeness,
        content: checked.content,
        warnings: Vec::new(),
    }))
}

async fn submit(store: &Store, items: Vec<Asked>) {
    let submit = Submit {
        request: None,
        body: Digest(chain::sha256(b"bench")),
        shape: Shape::Many,
        mode: Mode::PerItem,
        duplicate_window_days: 3,
        items,
    };
    let envelope = Envelope {
        at: inputs::now(),
        tenant: demonstration::TENANT.to_owned(),
        actor: "bench".to_owned(),
        cause: Cause::Request("bench".to_owned()),
        input: Input::Submit(Arc::new(submit)),
    };
    let outcomes = turn::turn(store, &Standing::default(), &[envelope]).await.expect("the store takes it");
    assert_eq!(outcomes.len(), 1, "one input, one outcome");
}

/// A row as a program without chain, views or checks would keep it: what it looks for in columns, the rest as text.
struct Plain {
    token: Vec<u8>,
    external_id: String,
    end_to_end_id: String,
    account: String,
    minor: i64,
    currency: String,
    date: String,
    likeness: i64,
    body: String,
}

fn plain(checked: &Checked) -> Plain {
    let payout = &checked.payout;
    let mut body = Vec::new();
    facts::encode(&recording(1, checked), &mut body);
    let amount = payout.instruction.amount;
    Plain {
        token: payout.token.octets().to_vec(),
        external_id: payout.instruction.external_id.as_str().to_owned(),
        end_to_end_id: payout.end_to_end_id.as_str().to_owned(),
        account: payout.instruction.debtor_account_ref.clone(),
        minor: i64::try_from((amount.value() * rust_decimal::Decimal::ONE_HUNDRED).mantissa())
            .unwrap_or_default(),
        currency: amount.currency().code().to_owned(),
        date: payout.execution_date.to_string(),
        likeness: i64::from_be_bytes(checked.likeness.to_be_bytes()),
        body: String::from_utf8(body).expect("JSON is UTF-8"),
    }
}

const TABLE: &str = "
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE payout (
        key INTEGER PRIMARY KEY, token BLOB NOT NULL, external_id TEXT NOT NULL, end_to_end_id TEXT NOT NULL,
        account TEXT NOT NULL, minor INTEGER NOT NULL, currency TEXT NOT NULL, date TEXT NOT NULL,
        likeness INTEGER NOT NULL, body TEXT NOT NULL
    );
    CREATE UNIQUE INDEX payout_token ON payout (token);
    CREATE UNIQUE INDEX payout_end_to_end ON payout (account, end_to_end_id);
    CREATE INDEX payout_likeness ON payout (likeness);";

fn plain_insert(checked: &[Checked]) -> Box<dyn FnMut()> {
    let rows: Vec<Plain> = checked.iter().map(plain).collect();
    Box::new(move || {
        let folder = folder();
        insert_all(&folder.path().join("plain.sqlite3"), &rows).expect("SQLite takes the rows");
    })
}

fn insert_all(path: &Path, rows: &[Plain]) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(TABLE)?;
    for rows in rows.chunks(BATCH) {
        let transaction = connection.transaction()?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO payout (token, external_id, end_to_end_id, account, minor, currency, date, likeness, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for row in rows {
            insert.execute(params![
                row.token,
                row.external_id,
                row.end_to_end_id,
                row.account,
                row.minor,
                row.currency,
                row.date,
                row.likeness,
                row.body
            ])?;
        }
        drop(insert);
        transaction.commit()?;
    }
    Ok(())
}
