//! One connection: octets both ways between two sockets, as its player says. Never which rule it is under.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::player::{Player, Then};

/// Octets read at once. Chosen by us: one record of TLS and a little.
const READ_OCTETS: usize = 18_432;

/// Octets that passed, by end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Came from the client.
    pub from_client: u64,
    /// Were passed to the bank.
    pub to_bank: u64,
    /// Came from the bank.
    pub from_bank: u64,
    /// Were passed to the client.
    pub to_client: u64,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client closed it.
    Client,
    /// The bank closed it.
    Bank,
    /// One of them reset it.
    Broken,
    /// The rule reset it.
    Reset,
    /// The rule closed it.
    Closed,
    /// The client gave up after the rule had stopped passing.
    GivenUp,
}

impl End {
    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            End::Client => "client",
            End::Bank => "bank",
            End::Broken => "broken",
            End::Reset => "reset",
            End::Closed => "closed",
            End::GivenUp => "given_up",
        }
    }
}

/// Where two connections swap the beginnings of their answers.
#[derive(Default)]
pub struct Crossing {
    waiting: Mutex<Option<Waiting>>,
}

struct Waiting {
    octets: Vec<u8>,
    back: oneshot::Sender<Vec<u8>>,
}

impl Crossing {
    /// The octets of the other connection; one's own where none came in time.
    async fn swap(&self, octets: Vec<u8>, patience: Duration) -> Vec<u8> {
        let receiver = {
            // Whoever held the lock put in or took out one whole value.
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(other) = waiting.take()
                && other.back.send(octets.clone()).is_ok()
            {
                return other.octets;
            }
            let (back, receiver) = oneshot::channel();
            *waiting = Some(Waiting { octets: octets.clone(), back });
            receiver
        };
        match timeout(patience, receiver).await {
            Ok(Ok(theirs)) => theirs,
            _ => octets,
        }
    }
}

/// A connection with both its ends.
pub struct Line<'a> {
    client: TcpStream,
    bank: TcpStream,
    crossing: &'a Crossing,
    /// What passed so far.
    pub tally: Tally,
    is_half_closed: bool,
}

/// What one turn of the line brought.
enum Turn {
    Client(usize),
    Bank(usize),
    Quiet,
}

impl<'a> Line<'a> {
    /// Two ends.
    pub fn new(client: TcpStream, bank: TcpStream, crossing: &'a Crossing) -> Line<'a> {
        Line { client, bank, crossing, tally: Tally::default(), is_half_closed: false }
    }

    /// Carries octets until an end closes or the rule ends it.
    pub async fn carry(&mut self, player: &mut Player) -> End {
        match self.carry_on(player).await {
            Ok(end) => end,
            Err(_) => End::Broken,
        }
    }

    async fn carry_on(&mut self, player: &mut Player) -> io::Result<End> {
        let (mut asked, mut said) = (vec![0u8; READ_OCTETS], vec![0u8; READ_OCTETS]);
        let mut quiet = None;
        loop {
            let turn = tokio::select! {
                count = self.client.read(&mut asked), if !self.is_half_closed => Turn::Client(count?),
                count = self.bank.read(&mut said) => Turn::Bank(count?),
                () = sleep(Duration::from_millis(quiet.unwrap_or_default())), if quiet.is_some() => Turn::Quiet,
            };
            let then = match turn {
                Turn::Client(0) => {
                    self.bank.shutdown().await?;
                    return Ok(End::Client);
                }
                Turn::Bank(0) => {
                    self.client.shutdown().await?;
                    return Ok(End::Bank);
                }
                Turn::Quiet => return Ok(End::Closed),
                Turn::Client(count) => self.ask(player, asked.get(..count).unwrap_or_default()).await?,
                Turn::Bank(count) => self.say(player, said.get(..count).unwrap_or_default()).await?,
            };
            match then {
                Then::Go | Then::Trickle(_) | Then::Swap(_) => {}
                Then::Reset => return self.reset(),
                Then::Close => return Ok(End::Closed),
                Then::CloseWhenQuiet(wait_ms) => quiet = Some(wait_ms),
                Then::Stall => return self.stall(&mut asked).await,
                Then::HalfClose => {
                    self.bank.shutdown().await?;
                    self.is_half_closed = true;
                }
            }
        }
    }

    /// Octets from the client towards the bank.
    async fn ask(&mut self, player: &mut Player, octets: &[u8]) -> io::Result<Then> {
        self.tally.from_client = self.tally.from_client.saturating_add(octets.len() as u64);
        let made = player.client(octets);
        pause(made.wait_ms).await;
        let (now, later) = octets.split_at(made.pass.min(octets.len()));
        pass(&mut self.bank, now, &mut self.tally.to_bank).await?;
        if let Then::Trickle(pause_ms) = made.then {
            for octet in later {
                pass(&mut self.bank, std::slice::from_ref(octet), &mut self.tally.to_bank).await?;
                pause(pause_ms).await;
            }
        }
        Ok(made.then)
    }

    /// Octets from the bank towards the client.
    async fn say(&mut self, player: &mut Player, octets: &[u8]) -> io::Result<Then> {
        self.tally.from_bank = self.tally.from_bank.saturating_add(octets.len() as u64);
        let made = player.bank(octets);
        pause(made.wait_ms).await;
        let (now, later) = octets.split_at(made.pass.min(octets.len()));
        let mut now = now.to_vec();
        if let Some(octet) = made.turn.and_then(|position| now.get_mut(position)) {
            *octet ^= 1;
        }
        pass(&mut self.client, &now, &mut self.tally.to_client).await?;
        match made.then {
            Then::Trickle(pause_ms) => {
                for octet in later {
                    pass(&mut self.client, std::slice::from_ref(octet), &mut self.tally.to_client).await?;
                    pause(pause_ms).await;
                }
            }
            Then::Swap(patience_ms) => {
                let patience = Duration::from_millis(patience_ms);
                let theirs = self.crossing.swap(later.to_vec(), patience).await;
                pass(&mut self.client, &theirs, &mut self.tally.to_client).await?;
            }
            _ => {}
        }
        Ok(made.then)
    }

    /// A reset towards both ends: unsent octets are thrown away, and a RST leaves when the sockets close.
    fn reset(&mut self) -> io::Result<End> {
        self.client.set_zero_linger()?;
        self.bank.set_zero_linger()?;
        Ok(End::Reset)
    }

    /// Passes nothing more, and waits for the client to give up.
    async fn stall(&mut self, buffer: &mut [u8]) -> io::Result<End> {
        loop {
            match self.client.read(buffer).await? {
                0 => return Ok(End::GivenUp),
                count => self.tally.from_client = self.tally.from_client.saturating_add(count as u64),
            }
        }
    }
}

/// Waits; no time at all takes none.
async fn pause(wait_ms: u64) {
    if wait_ms > 0 {
        sleep(Duration::from_millis(wait_ms)).await;
    }
}

async fn pass(to: &mut TcpStream, octets: &[u8], tally: &mut u64) -> io::Result<()> {
    to.write_all(octets).await?;
    *tally = tally.saturating_add(octets.len() as u64);
    Ok(())
}
