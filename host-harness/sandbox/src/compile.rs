//! Compiles components: in this process, or in a child of it with little time, little memory and few rights.
//!
//! A compiler is a large program, and what a stranger's component makes it do is hard to foresee: a component that makes
//! it run on and on, or take all memory, or fall, costs a child and not the host. The child is this program again, by a
//! hidden command. It gets the limits and the component on its standard input and gives the compiled form on its
//! standard output; it opens nothing, and on Linux it gives up every right to do so before it looks at the component.
//!
//! What comes back is machine code that the host will run. So the child protects from components that are hard to
//! compile; it is no protection from a compiler that makes wrong code.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use wasmtime::Engine;

use super::{LoadError, Protections, clean, confine, engine};
use crate::limits::Limits;

/// The hidden command by which this program is started as a compiler.
pub const CHILD_COMMAND: &str = "compile-component";

/// Bytes of the first line of what the two say to each other.
const HEADER_BYTES_MAX: usize = 16 << 10;
/// Bytes that are kept of what the child says on standard error.
const TALK_BYTES_MAX: u64 = 4 << 10;
/// Threads of the compiler in a child; each one takes memory.
const THREADS_MAX: usize = 4;
/// How often the end of a child is looked for once it has nothing more to say.
const WAIT: Duration = Duration::from_millis(2);

/// Where components are compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Compiler {
    /// In this process: for components that are trusted.
    #[default]
    Here,
    /// In a child, which is this program started with [`CHILD_COMMAND`]: for all others.
    Child(PathBuf),
}

/// What the host asks for.
#[derive(Serialize, Deserialize)]
struct Request {
    limits: Limits,
    protections: Protections,
}

/// What the child answers; the compiled form follows where there is one.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// The compiled form follows.
    Compiled,
    /// The component is not valid; why.
    Invalid(String),
}

impl Compiler {
    /// The compiled form of a component.
    pub(super) fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        limits: &Limits,
        protections: Protections,
    ) -> Result<Vec<u8>, LoadError> {
        match self {
            Self::Here => engine
                .precompile_component(bytes)
                .map_err(|error| LoadError::Invalid(clean(&format!("{error:#}"), limits.text_bytes_max))),
            Self::Child(program) => in_child(program, bytes, limits, protections),
        }
    }
}

// ---- the host's side ----

fn in_child(program: &Path, bytes: &[u8], limits: &Limits, protections: Protections) -> Result<Vec<u8>, LoadError> {
    let host = |error: anyhow::Error| LoadError::Host(error.context("a child to compile in"));
    let request = Request { limits: limits.clone(), protections };
    let mut header = serde_json::to_vec(&request).map_err(|error| host(error.into()))?;
    header.push(b'\n');
    let mut child = spawn(program).map_err(|error| host(error.into()))?;
    let clock = Duration::from_secs(limits.compile_s_max) * limits.clock_factor_max;
    let until = Instant::now() + clock;
    let said = thread::scope(|scope| {
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // A child that has ended reads no further: not being able to write is told by how it ended.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(&header).and_then(|()| stdin.write_all(bytes))));
        let talk = scope.spawn(move || {
            let mut talk = Vec::new();
            // What it says beyond that is thrown away, and never blocks it.
            let _ = stderr.map(|mut stderr| {
                let kept = stderr.by_ref().take(TALK_BYTES_MAX).read_to_end(&mut talk);
                kept.and_then(|_| io::copy(&mut stderr, &mut io::sink()))
            });
            String::from_utf8_lossy(&talk).into_owned()
        });
        let (send, receive) = mpsc::channel();
        let answer_bytes_max = (limits.compiled_bytes_max + HEADER_BYTES_MAX) as u64 + 1;
        scope.spawn(move || {
            let mut answer = Vec::new();
            let read = stdout.map(|stdout| stdout.take(answer_bytes_max).read_to_end(&mut answer));
            // Where nobody waits any more, the child has been ended.
            let _ = send.send(read.transpose().map(|_| answer));
        });
        let answer = receive.recv_timeout(clock);
        let status = ended(&mut child, if answer.is_ok() { until } else { Instant::now() });
        let talk = talk.join().unwrap_or_default();
        (answer, status, talk)
    });
    let (answer, status, talk) = said;
    let status = status.map_err(|error| host(error.into()))?;
    match answer {
        Ok(Ok(answer)) => code_of(answer, status, &talk, limits),
        Ok(Err(error)) => Err(host(error.into())),
        Err(_) => Err(too_long(limits, "on the clock")),
    }
}

fn spawn(program: &Path) -> io::Result<Child> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let mut command = Command::new(program);
    command.arg(CHILD_COMMAND).env_clear().env("RAYON_NUM_THREADS", threads.to_string());
    // The allocator of the command makes a gibibyte writable as it starts. That counts as memory, used or not, and left
    // nothing of what a child may have.
    command.env("MIMALLOC_ARENA_EAGER_COMMIT", "0");
    // Without it nothing starts on Windows.
    #[cfg(windows)]
    command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// How the child ended, by itself or, after that instant, by force.
fn ended(child: &mut Child, until: Instant) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= until {
            child.kill()?;
            return child.wait();
        }
        thread::sleep(WAIT);
    }
}

/// The compiled form in what the child gave.
fn code_of(mut answer: Vec<u8>, status: ExitStatus, talk: &str, limits: &Limits) -> Result<Vec<u8>, LoadError> {
    let line = answer.iter().take(HEADER_BYTES_MAX).position(|&byte| byte == b'\n');
    let header = line.and_then(|end| serde_json::from_slice::<Answer>(&answer[..end]).ok());
    match (header, line) {
        (Some(Answer::Invalid(why)), _) => Err(LoadError::Invalid(clean(&why, limits.text_bytes_max))),
        (Some(Answer::Compiled), Some(end)) if answer.len() - end - 1 > limits.compiled_bytes_max => {
            let what = format!("gives more than {} bytes", limits.compiled_bytes_max);
            Err(LoadError::Compile { what, limit: "compiled_bytes_max" })
        }
        (Some(Answer::Compiled), Some(end)) if status.success() => {
            answer.drain(..=end);
            Ok(answer)
        }
        _ => Err(death(status, talk, limits)),
    }
}

/// Why a child ended without an answer.
fn death(status: ExitStatus, talk: &str, limits: &Limits) -> LoadError {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        let cpu = rustix::process::Signal::XCPU.as_raw();
        if status.signal() == Some(cpu) {
            return too_long(limits, "of computing");
        }
    }
    // The last one is what a thread is told that there is no memory for.
    const NO_MEMORY: [&str; 3] = ["memory allocation of", "Cannot allocate memory", "Resource temporarily unavailable"];
    if NO_MEMORY.iter().any(|said| talk.contains(said)) {
        let what = format!("takes more than {} bytes of memory", limits.compile_memory_bytes_max);
        return LoadError::Compile { what, limit: "compile_memory_bytes_max" };
    }
    LoadError::CompilerDied(clean(&format!("{status} {talk}"), limits.text_bytes_max))
}

fn too_long(limits: &Limits, kind: &str) -> LoadError {
    LoadError::Compile { what: format!("takes longer than {} s {kind}", limits.compile_s_max), limit: "compile_s_max" }
}

// ---- the child's side ----

/// Compiles what is on standard input to standard output, within the limits that stand before it.
#[must_use]
pub fn compile_as_child() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody listens, the exit code alone must do.
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> anyhow::Result<()> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input).context("standard input")?;
    let end = input.iter().take(HEADER_BYTES_MAX).position(|&byte| byte == b'\n').context("no line of limits")?;
    let Request { limits, protections } = serde_json::from_slice(&input[..end]).context("the line of limits")?;
    // Before the component is looked at.
    confine::limit(limits.compile_s_max, limits.compile_memory_bytes_max)?;
    let _ = confine::give_up_rights();
    let engine = engine::compiler(&limits, protections).map_err(|error| anyhow!(error))?;
    let (answer, code) = match engine.precompile_component(&input[end + 1..]) {
        Ok(code) => (Answer::Compiled, code),
        Err(error) => (Answer::Invalid(format!("{error:#}")), Vec::new()),
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &answer)?;
    out.write_all(b"\n")?;
    out.write_all(&code)?;
    Ok(out.flush()?)
}
