//! `seed --check`: validates a folder of seeds and lists all its faults.

use std::io::Write as _;
use std::path::Path;

use domain::seed::{SeedFault, SeedFile, Seeds};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Reads and parses a folder.
///
/// # Errors
/// A file that cannot be read, or all faults of all files.
pub(crate) fn read(folder: &Path) -> Result<Seeds, Error> {
    Seeds::parse(&files(folder)?).map_err(faults)
}

/// All faults as one error text.
#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function value in map_err"
)]
pub(crate) fn faults(found: Vec<SeedFault>) -> Error {
    let lines: Vec<String> = found.iter().map(|fault| format!("  {fault}")).collect();
    format!("{} faults in the seeds:\n{}", lines.len(), lines.join("\n")).into()
}

/// `seed --check DIR`. Returns whether the folder is without fault.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn check(folder: &Path) -> Result<bool, Error> {
    let files = files(folder)?;
    let mut out = std::io::stdout().lock();
    match Seeds::parse(&files) {
        Ok(seeds) => {
            writeln!(
                out,
                "{}: {} files without fault: {} departments, {} systems, {} certificate types, {} matters, {} tasks",
                folder.display(),
                files.len(),
                seeds.departments.len(),
                seeds.systems.len(),
                seeds.certificate_types.len(),
                seeds.matters.len(),
                seeds.tasks.len(),
            )?;
            Ok(true)
        }
        Err(found) => {
            for fault in &found {
                writeln!(out, "{fault}")?;
            }
            writeln!(out, "{} faults; nothing was loaded", found.len())?;
            Ok(false)
        }
    }
}

fn files(folder: &Path) -> Result<Vec<SeedFile>, Error> {
    let mut files = Vec::new();
    collect(folder, "", &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<SeedFile>) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            files.push(SeedFile {
                path: format!("{prefix}{name}"),
                text,
            });
        }
    }
    Ok(())
}
