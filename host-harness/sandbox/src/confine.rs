//! What a process that works on a stranger's bytes gives up: time, memory, files, the network, other programs.

#[cfg(unix)]
pub(super) use unix::limit;

#[cfg(unix)]
mod unix {
    use anyhow::Context;
    use rustix::process::{Resource, Rlimit, setrlimit};

    /// Limits this process for good. Beyond its time the system ends it; beyond its memory, allocation fails.
    pub(crate) fn limit(seconds: u64, memory_bytes: u64) -> anyhow::Result<()> {
        let set = |resource, most, name: &str| {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            setrlimit(resource, limit).with_context(|| format!("the limit of {name} cannot be set"))
        };
        // The hard limit lies above the soft one: reaching the latter has a signal of its own.
        let time = Rlimit { current: Some(seconds), maximum: Some(seconds + 1) };
        setrlimit(Resource::Cpu, time).context("the limit of computing cannot be set")?;
        // Writable memory, not address space: stacks and arenas reserve much of the latter and use little of it.
        set(Resource::Data, memory_bytes, "memory")?;
        set(Resource::Core, 0, "core dumps")?;
        set(Resource::Fsize, 0, "files' sizes")?;
        // Standard input, output and error are open; nothing more ever is.
        set(Resource::Nofile, 3, "open files")
    }
}

/// Where there are no such limits, the host's clock alone ends the process.
#[cfg(not(unix))]
pub(super) fn limit(_seconds: u64, _memory_bytes: u64) -> anyhow::Result<()> {
    Ok(())
}

/// Gives up every call of the system but those that computing needs. A system that cannot do it is no reason to stop:
/// the limits hold, and the process has nothing open but its three streams. Whether it was done.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn give_up_rights() -> bool {
    // The call also makes sure that no program started from here could gain rights.
    linux::filter().is_ok_and(|filter| seccompiler::apply_filter(&filter).is_ok())
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(super) fn give_up_rights() -> bool {
    false
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux {
    use seccompiler::{
        BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    /// Memory, threads, signals to oneself, clocks, and the three open streams.
    const ALLOWED: &[i64] = &[
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_nanosleep,
        libc::SYS_prctl,
        libc::SYS_read,
        libc::SYS_restart_syscall,
        libc::SYS_rseq,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_set_robust_list,
        libc::SYS_sigaltstack,
        libc::SYS_tgkill,
        libc::SYS_write,
        libc::SYS_writev,
    ];

    /// A thread of this process, not a process of its own.
    const THREAD: u64 = (libc::CLONE_THREAD | libc::CLONE_VM) as u64;

    pub(super) fn filter() -> Result<BpfProgram, BackendError> {
        let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
            ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
        let is_thread = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(THREAD), THREAD)?;
        rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is_thread])?]);
        // Everything else looks as if the system had no such call: a C library then takes `clone` for `clone3`, whose
        // arguments no filter can see.
        let absent = SeccompAction::Errno(libc::ENOSYS as u32);
        SeccompFilter::new(rules, absent, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?.try_into()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs::File, net::TcpListener, process::Command, thread};

    use super::give_up_rights;

    #[test]
    fn who_gave_up_all_rights_computes_and_does_nothing_else() {
        // A filter holds for the thread that asked for it and for those it starts.
        let tried = thread::spawn(|| {
            if !give_up_rights() {
                eprintln!("skipped: this system filters no calls");
                return None;
            }
            let computed = thread::spawn(|| vec![7_u8; 1 << 20].iter().map(|&byte| u64::from(byte)).sum::<u64>());
            let opened = File::open("/proc/self/status").is_ok();
            let listened = TcpListener::bind("127.0.0.1:0").is_ok();
            let started = Command::new("/bin/true").spawn().is_ok();
            Some((computed.join().ok(), opened, listened, started))
        });
        let tried = tried.join().expect("the thread lives");
        assert!(tried.is_none_or(|it| it == (Some(7 << 20), false, false, false)), "{tried:?}");
    }
}
