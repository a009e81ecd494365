//! A lane in a process of its own: started, asked, ended.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, anyhow, bail};

use super::lane::{Answer, EngineFacts, InputFacts, Ran, RecordHits, Request};

/// A running lane.
pub(super) struct Process {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a command: a file, or words split at blanks of which the first is the program.
    pub(super) fn start(name: &str, command: &str) -> anyhow::Result<Self> {
        if Path::new(command).is_file() {
            return Self::spawn(name, Path::new(command), [].into_iter());
        }
        let mut words = command.split_whitespace();
        let program = words.next().with_context(|| format!("lane {name} has no command"))?;
        Self::spawn(name, Path::new(program), words)
    }

    /// Starts a program.
    pub(super) fn spawn<'a>(
        name: &str,
        program: &Path,
        arguments: impl Iterator<Item = &'a str>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| {
            format!("lane {name} cannot be started: {}; build it first and give its path", program.display())
        })?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("lane {name} has no pipes");
        };
        Ok(Self { name: name.to_owned(), child, input: Some(input), output: BufReader::new(output) })
    }

    pub(super) fn rules(&mut self, files: &[PathBuf]) -> anyhow::Result<EngineFacts> {
        match self.ask(&Request::Rules { files: files.to_vec() })? {
            Answer::Rules(facts) => Ok(facts),
            other => Err(self.unexpected(&other)),
        }
    }

    pub(super) fn input(&mut self, file: &Path) -> anyhow::Result<InputFacts> {
        match self.ask(&Request::Input { file: file.to_owned() })? {
            Answer::Input(facts) => Ok(facts),
            other => Err(self.unexpected(&other)),
        }
    }

    pub(super) fn run(&mut self) -> anyhow::Result<Ran> {
        self.begin_run()?;
        self.end_run()
    }

    /// Sets a run going; other processes can be set going before it ends.
    pub(super) fn begin_run(&mut self) -> anyhow::Result<()> {
        self.send(&Request::Run)
    }

    /// Waits for a run that was set going.
    pub(super) fn end_run(&mut self) -> anyhow::Result<Ran> {
        match self.receive()? {
            Answer::Run(ran) => Ok(ran),
            other => Err(self.unexpected(&other)),
        }
    }

    pub(super) fn hits(&mut self) -> anyhow::Result<Vec<RecordHits>> {
        match self.ask(&Request::Hits)? {
            Answer::Hits(hits) => Ok(hits),
            other => Err(self.unexpected(&other)),
        }
    }

    fn ask(&mut self, request: &Request) -> anyhow::Result<Answer> {
        self.send(request)?;
        self.receive()
    }

    fn send(&mut self, request: &Request) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("a lane's input is open until it is dropped")?;
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        // In words: as an error it would be taken for the reader of this command's own output that went away.
        let sent = input.write_all(&line).and_then(|()| input.flush());
        sent.map_err(|error| anyhow!("lane {} does not listen any more ({error}); its own words tell why", self.name))
    }

    fn receive(&mut self) -> anyhow::Result<Answer> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        if read.with_context(|| format!("lane {} cannot be read", self.name))? == 0 {
            bail!("lane {} ended without an answer; its own words tell why", self.name);
        }
        let answer = serde_json::from_str(&line)
            .with_context(|| format!("lane {} does not speak the protocol of a lane", self.name))?;
        match answer {
            Answer::Error(what) => Err(anyhow!("lane {}: {what}", self.name)),
            answer => Ok(answer),
        }
    }

    fn unexpected(&self, answer: &Answer) -> anyhow::Error {
        anyhow!("lane {} answered something else than was asked: {answer:?}", self.name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input ends a lane. One that goes on all the same is of no use to anybody.
        drop(self.input.take());
        let ended = (0..50).any(|_| {
            let ended = !matches!(self.child.try_wait(), Ok(None));
            if !ended {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            ended
        });
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
