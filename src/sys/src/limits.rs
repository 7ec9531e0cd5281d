//! Limits, priority and environment of a process that is about to do its work.

use std::ffi::CString;
use std::io;

/// Soft and hard limit of open descriptors of process `pid` (0: this one).
///
/// # Errors
/// The system's.
pub fn open_files(pid: i32) -> io::Result<(u64, u64)> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is writable over the call; no new limit is given.
    let done = unsafe { libc::prlimit(pid, libc::RLIMIT_NOFILE, std::ptr::null(), &raw mut limit) };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((limit.rlim_cur, limit.rlim_max))
}

/// Sets both; a process that started unprivileged can only lower the hard one.
///
/// # Errors
/// The system's.
pub fn set_open_files(pid: i32, soft: u64, hard: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: soft,
        rlim_max: hard,
    };
    // SAFETY: `limit` is readable over the call; the old limit is not asked for.
    let done = unsafe {
        libc::prlimit(
            pid,
            libc::RLIMIT_NOFILE,
            &raw const limit,
            std::ptr::null_mut(),
        )
    };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Scheduling priority of the calling thread, inherited by those it starts.
///
/// # Errors
/// `EACCES` when it would rise without the right to.
pub fn set_priority(nice: i32) -> io::Result<()> {
    // SAFETY: no pointers; on Linux PRIO_PROCESS with 0 is the calling thread.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Promises never to gain privileges by executing something, and allows core files again, which
/// changing the user has switched off.
pub fn settle_privileges() {
    // SAFETY: both take plain integers.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0);
    }
}

/// Makes `variables` the whole environment. Call it while there is one thread.
///
/// # Errors
/// `InvalidInput` for a name that is empty or holds `=`, or anything with a NUL.
pub fn replace_environment(variables: &[(String, String)]) -> io::Result<()> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidInput);
    let mut pairs = Vec::with_capacity(variables.len());
    for (name, value) in variables {
        if name.is_empty() || name.contains('=') {
            return Err(invalid());
        }
        let name = CString::new(name.as_str()).map_err(|_| invalid())?;
        let value = CString::new(value.as_str()).map_err(|_| invalid())?;
        pairs.push((name, value));
    }
    // SAFETY: there is one thread (the caller's promise), so nobody reads the environment
    // meanwhile; the strings live over the calls, which copy them.
    unsafe {
        libc::clearenv();
        for (name, value) in &pairs {
            if libc::setenv(name.as_ptr(), value.as_ptr(), 1) < 0 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_moves_below_the_hard_one() {
        let (soft, hard) = open_files(0).expect("own limits");
        assert!(soft <= hard);
        set_open_files(0, soft, hard).expect("unchanged");
        assert_eq!(open_files(0).expect("own limits"), (soft, hard));
    }

    #[test]
    fn an_environment_needs_names() {
        let bad = [("A=B".to_owned(), String::new())];
        let error = replace_environment(&bad).expect_err("refused before anything is changed");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(std::env::var_os("PATH").is_some());
    }
}
