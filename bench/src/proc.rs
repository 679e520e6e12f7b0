//! CPU time and memory of processes, from `/proc`.

use std::collections::HashMap;
use std::fs;

use crate::Error;

/// `/proc` counts CPU time in ticks of 10 ms on every Linux that is in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system CPU seconds of one process with all its threads, those that ended too. The step
/// is 0.01 s.
///
/// # Errors
/// When there is no such process.
pub fn cpu_seconds(pid: u32) -> Result<f64, Error> {
    Ok(Stat::read(pid)?.cpu_seconds)
}

/// CPU seconds of a process and of all its living descendants: nginx works in children.
///
/// # Errors
/// When there is no such process.
pub fn cpu_seconds_of_family(pid: u32) -> Result<f64, Error> {
    let mut seconds = 0.0;
    for member in family(pid)? {
        // A child may end between being seen and being read.
        if member == pid {
            seconds += cpu_seconds(member)?;
        } else {
            seconds += cpu_seconds(member).unwrap_or_default();
        }
    }
    Ok(seconds)
}

/// The most memory that a process ever held, in MiB.
///
/// # Errors
/// When there is no such process.
pub fn peak_mib(pid: u32) -> Result<u64, Error> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no VmHWM in status")?.parse::<u64>()? / 1024)
}

/// Resident memory of a process and its living descendants in bytes, shared pages counted by share.
///
/// # Errors
/// When there is no such process, or its memory may not be read.
pub fn memory_of_family(pid: u32) -> Result<u64, Error> {
    let mut bytes = 0;
    for member in family(pid)? {
        let text = fs::read_to_string(format!("/proc/{member}/smaps_rollup"))?;
        let kib: u64 = text
            .lines()
            .find_map(|line| line.strip_prefix("Pss:"))
            .and_then(|rest| rest.trim().strip_suffix("kB"))
            .ok_or("no Pss in smaps_rollup")?
            .trim()
            .parse()?;
        bytes += kib * 1024;
    }
    Ok(bytes)
}

/// The process itself, then its descendants.
fn family(pid: u32) -> Result<Vec<u32>, Error> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // Processes come and go while the folder is read.
        if let Ok(stat) = Stat::read(other) {
            children.entry(stat.parent).or_default().push(other);
        }
    }
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(member) = found.get(next).copied() {
        found.extend(children.remove(&member).unwrap_or_default());
        next += 1;
    }
    Ok(found)
}

struct Stat {
    parent: u32,
    cpu_seconds: f64,
}

impl Stat {
    fn read(pid: u32) -> Result<Self, Error> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&text).ok_or_else(|| format!("/proc/{pid}/stat cannot be read").into())
    }

    fn parse(text: &str) -> Option<Self> {
        // The name in brackets may hold blanks and brackets; the figures follow the last bracket.
        let (_, figures) = text.rsplit_once(')')?;
        let mut figures = figures.split_whitespace();
        let parent = figures.nth(1)?.parse().ok()?;
        let user: u32 = figures.nth(9)?.parse().ok()?;
        let system: u32 = figures.next()?.parse().ok()?;
        Some(Self {
            parent,
            cpu_seconds: (f64::from(user) + f64::from(system)) / TICKS_PER_SECOND,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_behind_a_name_with_brackets() {
        let text = "77 (a) b) S 5 77 77 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 9";
        let stat = Stat::parse(text).unwrap();
        assert_eq!(stat.parent, 5);
        assert!((stat.cpu_seconds - 3.0).abs() < 1e-9);
        assert!(Stat::parse("77 (a) S 5").is_none());
    }

    #[test]
    fn a_process_is_of_its_own_family_and_has_memory() {
        let own = std::process::id();
        assert_eq!(family(own).unwrap().first(), Some(&own));
        assert!(memory_of_family(own).unwrap() > 100_000);
        assert!(cpu_seconds(own).is_ok() && cpu_seconds(u32::MAX).is_err());
    }
}
