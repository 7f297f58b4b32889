//! The two children, gateway and bank, as processes of their own. One that dies is started again;
//! its log goes into the folder of the run.

use super::setup::Setup;
use super::{DemoError, say};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for a child's ready line, in seconds. Chosen by us: recovery of a large store included.
const READY_S_MAX: u64 = 60;
/// Longest wait for a child to end by itself, in seconds.
const END_S_MAX: u64 = 15;
/// Pause between two looks at the children.
const LOOK: Duration = Duration::from_millis(100);

/// Pauses between two kills, in milliseconds, taken in turn. Chosen by us: uneven, so that kills
/// meet every phase of a run.
const KILL_PAUSES_MS: [u64; 5] = [2_300, 3_700, 1_900, 4_100, 2_900];
/// Every so many kills it is the bank's turn. Chosen by us.
const BANK_TURN: usize = 4;

/// Whether children are killed without warning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Killing {
    /// Never.
    #[default]
    None,
    /// Every few seconds.
    EveryFewSeconds,
}

struct Kills {
    killing: Killing,
    done: usize,
    next: Instant,
}

struct Kept {
    name: &'static str,
    arguments: Vec<String>,
    log: PathBuf,
    child: Child,
    restarts: u32,
}

/// The supervised children.
pub struct Children {
    bank: Kept,
    gateway: Kept,
    kills: Kills,
}

impl Children {
    /// Starts the bank, then the gateway, and waits until both are ready.
    pub async fn start(setup: &Setup, killing: Killing) -> Result<Children, DemoError> {
        let bank = Kept::start("bank", "sandbox", &setup.bank_config, &setup.dir).await?;
        let gateway = Kept::start("gateway", "serve", &setup.gateway_config, &setup.dir).await?;
        let next = Instant::now() + Duration::from_millis(KILL_PAUSES_MS[0]);
        Ok(Children { bank, gateway, kills: Kills { killing, done: 0, next } })
    }

    /// Does something that needs both; a child that dies meanwhile is started again.
    pub async fn during<T>(
        &mut self,
        work: impl Future<Output = Result<T, DemoError>>,
        out: &mut dyn Write,
    ) -> Result<T, DemoError> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(LOOK) => {}
            }
            self.look_after(out).await?;
        }
    }

    /// Kills the child whose turn it is, where that is wanted, and starts a child again that has died.
    pub async fn look_after(&mut self, out: &mut dyn Write) -> Result<(), DemoError> {
        if self.kills.killing == Killing::EveryFewSeconds && Instant::now() >= self.kills.next {
            self.kills.done += 1;
            let victim =
                if self.kills.done.is_multiple_of(BANK_TURN) { &mut self.bank } else { &mut self.gateway };
            victim.kill().await;
            let pause = KILL_PAUSES_MS.iter().cycle().nth(self.kills.done).copied().unwrap_or_default();
            self.kills.next = Instant::now() + Duration::from_millis(pause);
        }
        self.bank.look_after(out).await?;
        self.gateway.look_after(out).await
    }

    /// No more kills from here on; tells how many there were.
    pub fn spare(&mut self) -> usize {
        self.kills.killing = Killing::None;
        self.kills.done
    }

    /// Ends both.
    pub async fn stop(mut self) {
        self.gateway.stop().await;
        self.bank.stop().await;
    }
}

impl Kept {
    async fn start(name: &'static str, command: &str, config: &Path, dir: &Path) -> Result<Kept, DemoError> {
        let arguments = vec![command.to_owned(), "-c".to_owned(), config.display().to_string()];
        let log = dir.join(format!("{name}.log"));
        let child = spawn(name, &arguments, &log).await?;
        Ok(Kept { name, arguments, log, child, restarts: 0 })
    }

    async fn look_after(&mut self, out: &mut dyn Write) -> Result<(), DemoError> {
        let Ok(Some(status)) = self.child.try_wait() else { return Ok(()) };
        self.restarts += 1;
        if self.restarts > 20 {
            return Err(DemoError::Child(format!(
                "the {} keeps dying: see {}",
                self.name,
                self.log.display()
            )));
        }
        say(out, &format!("\nthe {} ended ({status}); starting it again", self.name));
        self.child = spawn(self.name, &self.arguments, &self.log).await?;
        Ok(())
    }

    /// Ends it as a power cut would: no handler runs. Its death is no failure of its own.
    async fn kill(&mut self) {
        drop(self.child.kill().await);
        self.restarts = self.restarts.saturating_sub(1);
    }

    async fn stop(&mut self) {
        if let Some(id) = self.child.id() {
            // The command sends the signal that asks for an orderly end; Rust's own `kill` does not.
            drop(Command::new("kill").arg(id.to_string()).stderr(Stdio::null()).status().await);
        }
        if tokio::time::timeout(Duration::from_secs(END_S_MAX), self.child.wait()).await.is_err() {
            drop(self.child.kill().await);
        }
    }
}

async fn spawn(name: &str, arguments: &[String], log: &Path) -> Result<Child, DemoError> {
    let failed =
        |cause: String| DemoError::Child(format!("the {name} did not start: {cause}; see {}", log.display()));
    let program = std::env::current_exe().map_err(|cause| failed(cause.to_string()))?;
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .map_err(|cause| DemoError::File { path: log.to_owned(), cause })?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(file)
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| failed(cause.to_string()))?;
    let Some(output) = child.stdout.take() else { return Err(failed("no output".to_owned())) };
    let mut lines = BufReader::new(output).lines();
    let line = tokio::time::timeout(Duration::from_secs(READY_S_MAX), lines.next_line()).await;
    match line {
        Ok(Ok(Some(line))) if line.contains("\"ready\":true") => Ok(child),
        Ok(Ok(line)) => Err(failed(line.unwrap_or_else(|| "it ended at once".to_owned()))),
        Ok(Err(cause)) => Err(failed(cause.to_string())),
        Err(_) => Err(failed(format!("not ready after {READY_S_MAX} seconds"))),
    }
}
