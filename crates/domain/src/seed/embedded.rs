//! The seeds folder as it was when the program was built.

use super::SeedFile;

/// Path and text of a file of the seeds folder.
macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        [$(($path, include_str!(concat!("../../../../seeds/", $path)))),+]
    };
}

const FILES: [(&str, &str); 25] = files![
    "bodies.toml",
    "budgets.toml",
    "caching.toml",
    "calendar.toml",
    "cards.toml",
    "catalogue-rules.toml",
    "certificate-types.toml",
    "code-lists.toml",
    "credentials.toml",
    "departments.toml",
    "events.toml",
    "grant-use.toml",
    "matters.toml",
    "plans/2022.toml",
    "quality.toml",
    "refusal-grounds.toml",
    "regimes.toml",
    "regions.toml",
    "resources.toml",
    "synonyms.toml",
    "systems.toml",
    "tasks-a.toml",
    "tasks-b.toml",
    "uscc-kinds.toml",
    "use-codes.toml",
];

/// Every file of the folder, by path.
pub(super) fn files() -> Vec<SeedFile> {
    FILES
        .map(|(path, text)| SeedFile {
            path: path.to_owned(),
            text: text.to_owned(),
        })
        .into()
}
